"""What we need of a database beyond what peewee gives: patience that ends, a pool, and words for what went wrong."""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, ClassVar, NamedTuple

from peewee import EXCLUDED, Database, Field, OperationalError, PeeweeException
from playhouse.pool import MaxConnectionsExceeded


class Patience(NamedTuple):
    """How long a database may take. All in seconds."""

    connect: float
    answer: float  # a statement; without a limit a frozen server holds a thread for ever
    lock: float  # for another's transaction
    pool: float  # for one of our own connections


# A call waits for two of these at most, an answer and a connection, and a person for the call: less than ten seconds
# in all. Three of them allow for a lost TCP packet or two.
SERVING = Patience(connect=3, answer=5, lock=5, pool=5)

# Building an index over a year of logs takes minutes, and the second of two processes waits for the first.
MIGRATING = Patience(connect=3, answer=1800, lock=1800, pool=5)

# By how many seconds we wait longer for an answer than the server works on it: its own refusal says more.
GRACE = 1.0

# Sixteen web threads, the writer, and some for commands.
POOL_SIZE = 20


class StoreDatabase(Database, ABC):
    """A peewee database with a pool of connections, used only inside `connection_context()`.

    Subclasses put this before the pool and the peewee class of their kind.
    """

    # How `atomic` begins a transaction that only reads, so that all its queries see one moment.
    reading: ClassVar[str]
    # What the driver's own exceptions derive from: not all pass through peewee's wrapper, which ends at the cursor.
    driver_error: ClassVar[type[Exception]]
    # The pool's and peewee's own, whose types say too little. Not methods here: they would hide those of the pool.
    close_idle: Callable[[], None]
    close_all: Callable[[], None]
    execute_sql: Callable[..., Any]
    execute: Callable[..., Any]
    # What CREATE TABLE ends with.
    table_settings: ClassVar[tuple[str, ...]] = ()

    def __init__(self, name: str, **options: Any) -> None:
        self.waiting = threading.local()
        self.failed_at = 0.0
        self.failure: Exception | None = None
        super().__init__(name, autoconnect=False, max_connections=POOL_SIZE, **options)

    @abstractmethod
    def is_lost(self, error: BaseException) -> bool:
        """Say whether a driver's error means that the connection is dead or could not be made."""

    @abstractmethod
    def is_deadlock(self, error: BaseException) -> bool:
        """Say whether a driver's error means that the server chose our transaction to fail: trying again helps."""

    @abstractmethod
    def migration_lock(self) -> AbstractContextManager[None]:
        """Keep other processes from migrating this database meanwhile; needs an open connection."""

    def excluded(self, column: Field) -> Any:
        """Return, in the update of an upsert, the value that was to be inserted."""
        return getattr(EXCLUDED, column.column_name)

    def explain(self, error: BaseException) -> str:
        """Say in one line what the database or its driver said first."""
        *_, first = (cause for cause in causes(error) if isinstance(cause, (PeeweeException, self.driver_error)))
        return " ".join(str(first).split()) or type(first).__name__

    def conflict_target(self, *columns: Field) -> dict[str, Any]:
        """Return what `on_conflict` must be told about the unique key of an upsert."""
        return {"conflict_target": columns}

    def connect(self, reuse_if_open: bool = False) -> bool:
        self.waiting.since = time.monotonic()
        return super().connect(reuse_if_open)

    def _connect(self) -> Any:
        # Peewee connects one thread at a time. Were each to find out for itself that the server is gone, the
        # sixteenth would wait sixteen times as long: those who waited meanwhile share the failure instead.
        if self.failure is not None and self.has_failed_since(self.waiting.since):
            raise OperationalError(str(self.failure)) from self.failure
        try:
            return super()._connect()  # type: ignore[misc]  # the pool's: peewee's own is not in its types
        except MaxConnectionsExceeded:
            raise  # no failure: the pool waits for one that is given back
        except Exception as error:  # whatever it is, it is raised again
            self.failure, self.failed_at = error, time.monotonic()
            raise

    def has_failed_since(self, moment: float) -> bool:
        """Say whether somebody could not connect since then (monotonic seconds)."""
        return self.failed_at > moment


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what led to it: a failed roll-back hides why there was one."""
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
