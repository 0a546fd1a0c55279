"""MariaDB through PyMySQL."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pymysql
from peewee import Field, OperationalError, fn
from playhouse.pool import PooledMySQLDatabase
from pymysql.constants import CLIENT, CR, ER

from .database import GRACE, Patience, StoreDatabase

LOST_CODES = frozenset(
    {
        CR.CR_CONN_HOST_ERROR,
        CR.CR_CONNECTION_ERROR,
        CR.CR_SERVER_GONE_ERROR,
        CR.CR_SERVER_LOST,
        CR.CR_SERVER_LOST_EXTENDED,
        ER.SERVER_SHUTDOWN,
        1927,  # ER_CONNECTION_KILLED, MariaDB's own
    }
)


class MariadbServer(StoreDatabase, PooledMySQLDatabase):  # type: ignore[misc]  # playhouse has no types
    """A database on a MariaDB server, 10.6 or later."""

    reading = "REPEATABLE READ"
    driver_error = pymysql.MySQLError
    # Byte-exact, and "a" differs from "a ": the usual collations take capitals and trailing spaces for the same.
    table_settings = ("ENGINE=InnoDB", "CHARACTER SET utf8mb4", "COLLATE utf8mb4_nopad_bin")
    # Peewee takes it for MySQL, which has no CREATE INDEX IF NOT EXISTS; a migration that was cut short needs it,
    # because DDL is not transactional here.
    safe_create_index = True

    def __init__(self, name: str, patience: Patience, **parameters: Any) -> None:
        self.patience = patience
        settings = {
            "max_statement_time": patience.answer,
            "innodb_lock_wait_timeout": int(patience.lock),
            "lock_wait_timeout": int(patience.lock),
            # The default, REPEATABLE READ, does not see the rows that others have inserted since we began, but
            # collides with them, and it locks the gaps between rows, over which parallel writers deadlock.
            "tx_isolation": "'READ-COMMITTED'",
            # Refuse what does not fit instead of cutting it in silence.
            "sql_mode": "'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'",
        }
        super().__init__(
            name,
            timeout=patience.pool,
            connect_timeout=int(patience.connect),
            read_timeout=patience.connect,  # until it is connected: a frozen server takes the call and says nothing
            write_timeout=patience.answer + GRACE,
            init_command="SET SESSION " + ", ".join(f"{setting}={value}" for setting, value in settings.items()),
            # An update that finds its row but changes nothing counts as one, as with the others.
            client_flag=CLIENT.FOUND_ROWS,
            **parameters,
        )

    def _connect(self) -> "pymysql.Connection[Any]":
        connection: pymysql.Connection[Any] = super()._connect()
        # PyMySQL has one limit for both, and no other way to change it.
        connection._read_timeout = self.patience.answer + GRACE  # type: ignore[attr-defined]
        return connection

    def _is_closed(self, conn: "pymysql.Connection[Any]") -> bool:
        # No round trip: a connection that has died in the pool is noticed at its first use, and replaced then.
        return not conn.open

    def is_lost(self, error: BaseException) -> bool:
        if isinstance(error, pymysql.err.InterfaceError):
            return True
        return isinstance(error, pymysql.err.OperationalError) and error.args[:1][0] in LOST_CODES

    def is_deadlock(self, error: BaseException) -> bool:
        return isinstance(error, pymysql.err.OperationalError) and error.args[:1] == (ER.LOCK_DEADLOCK,)

    def excluded(self, column: Field) -> Any:
        return fn.VALUE(column)

    def conflict_target(self, *columns: Field) -> dict[str, Any]:
        return {}  # any unique key will do here, and none can be named

    @contextmanager
    def migration_lock(self) -> Iterator[None]:
        # Such locks belong to the whole server, and their names are shorter than those of databases may be.
        name = "sitewarden-" + hashlib.sha256(self.database.encode()).hexdigest()[:32]
        [is_ours] = self.execute_sql("SELECT GET_LOCK(%s, %s)", (name, self.patience.lock)).fetchone()
        if not is_ours:
            raise OperationalError(f"another process is migrating {self.database}")
        yield
        # Not in a `finally`: a connection that has failed releases it by being closed.
        self.execute_sql("SELECT RELEASE_LOCK(%s)", (name,))
