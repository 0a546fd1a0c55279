"""A private MariaDB."""

import secrets
from typing import Any

import pymysql
from servers.ports import HOST, free_port
from servers.process import ServerProcess, require_binaries, unprivileged_account

USER = "sitewarden"
CONNECT_DEADLINE = 2  # seconds


class Mariadb(ServerProcess):
    """A server of its own, with one user who may do everything; `url` gives a database's URL."""

    def __init__(self) -> None:
        install, self.binary = require_binaries("mariadb-server", "mariadb-install-db", "mariadbd")
        # It refuses to run as root.
        super().__init__("mariadb", unprivileged_account("mysql"))
        self.port = free_port()
        self.password = secrets.token_urlsafe()
        self.data = self.directory / "data"
        self.run(
            install,
            "--no-defaults",
            f"--datadir={self.data}",
            f"--tmpdir={self.directory}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        )
        (self.directory / "init.sql").write_text(
            f"CREATE USER IF NOT EXISTS '{USER}'@'{HOST}' IDENTIFIED BY '{self.password}';\n"
            f"GRANT ALL PRIVILEGES ON *.* TO '{USER}'@'{HOST}';\n"
        )

    def command(self) -> list[str]:
        options = {
            "datadir": self.data,
            "tmpdir": self.directory,
            "socket": self.directory / "socket",
            "pid-file": self.directory / "pid",
            "init-file": self.directory / "init.sql",
            "bind-address": HOST,
            "port": self.port,
            "innodb-flush-log-at-trx-commit": 2,  # survives our SIGKILL; nothing here outlives the machine
            "innodb-buffer-pool-size": "64M",
        }
        flags = ["--no-defaults", "--skip-name-resolve", *(f"--{name}={value}" for name, value in options.items())]
        return [self.binary, *flags]

    def is_accepting(self) -> bool:
        try:
            self.connect().close()
        except pymysql.err.OperationalError:
            return False
        return True

    def connect(self, database: str | None = None) -> "pymysql.Connection[Any]":
        """Open a connection of our own, in autocommit mode."""
        return pymysql.connect(
            host=HOST,
            port=self.port,
            user=USER,
            password=self.password,
            database=database,
            autocommit=True,
            connect_timeout=CONNECT_DEADLINE,
        )

    def url(self, database: str) -> str:
        return f"mysql://{USER}:{self.password}@{HOST}:{self.port}/{database}"

    def create_database(self) -> str:
        """Make an empty database, in the server's own character set; return its name."""
        name = f"test_{secrets.token_hex(6)}"
        self.execute(f"CREATE DATABASE {name}")
        return name

    def drop_database(self, name: str) -> None:
        self.execute(f"DROP DATABASE {name}")

    def execute(self, statement: str) -> None:
        connection = self.connect()
        try:
            connection.cursor().execute(statement)
        finally:
            connection.close()
