"""PostgreSQL through psycopg 3."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from peewee import PostgresqlDatabase, Psycopg3Adapter
from playhouse.pool import PooledPostgresqlDatabase
from psycopg.abc import PQGen
from psycopg.errors import DeadlockDetected, SerializationFailure, _WaitTimeout

from .database import GRACE, Patience, StoreDatabase

MILLISECONDS = 1000  # in a second

# SQLSTATE classes (PostgreSQL manual, appendix A): connection exception, and the server's shutdown or crash.
LOST_STATES = ("08", "57P")

# The key of the advisory lock; any number that nobody else uses in our database.
MIGRATION_LOCK = 0x53495445  # "SITE"


class PatientConnection(psycopg.Connection[Any]):
    """A connection that gives up on a server which has stopped answering.

    `statement_timeout` is the server's own and TCP's keep-alive is answered by its kernel: a frozen server process is
    noticed by neither.
    """

    answer_timeout = 0.0  # seconds; set when connected

    def wait(self, gen: PQGen[Any], interval: float = 0.1, timeout: float | None = None) -> Any:
        try:
            return super().wait(gen, interval, self.answer_timeout if timeout is None else timeout)
        except _WaitTimeout:
            self.pgconn.finish()  # an answer that comes now would be taken for that to the next question
            raise psycopg.OperationalError(f"no answer in {self.answer_timeout:g} seconds") from None


class PatientAdapter(Psycopg3Adapter):
    """Makes connections of our own kind."""

    def connect(self, db: "PostgresqlServer", **parameters: Any) -> PatientConnection:
        connection = PatientConnection.connect(dbname=db.database, **parameters)
        connection.answer_timeout = db.patience.answer + GRACE
        return connection


class PostgresqlServer(StoreDatabase, PooledPostgresqlDatabase):  # type: ignore[misc]  # playhouse has no types
    """A database on a PostgreSQL server."""

    reading = "REPEATABLE READ"
    driver_error = psycopg.Error
    field_types = {**PostgresqlDatabase.field_types, "LONGTEXT": "TEXT"}
    psycopg3_adapter = PatientAdapter

    def __init__(self, name: str, patience: Patience, **parameters: Any) -> None:
        self.patience = patience
        limits = {
            "statement_timeout": int(patience.answer * MILLISECONDS),
            "lock_timeout": int(patience.lock * MILLISECONDS),
        }
        super().__init__(
            name,
            prefer_psycopg3=True,
            timeout=patience.pool,
            connect_timeout=int(patience.connect),
            options=" ".join(f"-c {setting}={value}" for setting, value in limits.items()),
            application_name="sitewarden",
            **parameters,
        )

    def _is_closed(self, conn: PatientConnection) -> bool:
        # No round trip: a connection that has died in the pool is noticed at its first use, and replaced then.
        return conn.closed

    def is_lost(self, error: BaseException) -> bool:
        if isinstance(error, psycopg.InterfaceError):
            return True
        if not isinstance(error, psycopg.OperationalError):
            return False
        return error.sqlstate is None or error.sqlstate.startswith(LOST_STATES)

    def is_deadlock(self, error: BaseException) -> bool:
        return isinstance(error, DeadlockDetected | SerializationFailure)

    @contextmanager
    def migration_lock(self) -> Iterator[None]:
        self.execute_sql("SELECT pg_advisory_lock(%s)", (MIGRATION_LOCK,))
        yield
        # Not in a `finally`: a connection that has failed releases it by being closed.
        self.execute_sql("SELECT pg_advisory_unlock(%s)", (MIGRATION_LOCK,))
