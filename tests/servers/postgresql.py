"""A private PostgreSQL."""

import secrets
import signal

import psycopg
from psycopg import sql
from servers.ports import HOST, free_port
from servers.process import ServerProcess, require_binaries, unprivileged_account

USER = "sitewarden"
CONNECT_DEADLINE = 2  # seconds


class Postgresql(ServerProcess):
    """A cluster of its own, with one superuser; `url` gives a database's URL."""

    def __init__(self) -> None:
        initdb, self.binary = require_binaries("postgresql", "initdb", "postgres")
        # Its binaries refuse to run as root.
        super().__init__("postgresql", unprivileged_account("postgres"))
        self.port = free_port()
        self.password = secrets.token_urlsafe()
        self.data = self.directory / "data"
        password_file = self.directory / "password"
        password_file.write_text(self.password)
        self.run(
            initdb,
            f"--pgdata={self.data}",
            f"--username={USER}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--no-locale",
            "--no-sync",
        )

    # SIGTERM waits until the last client has gone.
    stop_signal = signal.SIGINT

    def command(self) -> list[str]:
        options = {
            "listen_addresses": HOST,
            "port": self.port,
            "unix_socket_directories": self.directory,
            "fsync": "off",  # nothing here outlives the machine
            "max_connections": 100,
        }
        return [self.binary, "-D", str(self.data), *(f"--{name}={value}" for name, value in options.items())]

    def is_accepting(self) -> bool:
        try:
            self.connect("postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def connect(self, database: str) -> psycopg.Connection:
        """Open a connection of our own, in autocommit mode."""
        return psycopg.connect(self.url(database), autocommit=True, connect_timeout=CONNECT_DEADLINE)

    def url(self, database: str) -> str:
        return f"postgresql://{USER}:{self.password}@{HOST}:{self.port}/{database}"

    def create_database(self) -> str:
        """Make an empty database; return its name."""
        name = f"test_{secrets.token_hex(6)}"
        with self.connect("postgres") as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return name

    def drop_database(self, name: str) -> None:
        with self.connect("postgres") as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
