"""Units of work on a database: a connection, a transaction, another try where that helps, errors in our words."""

import time
from collections.abc import Callable
from enum import Enum, auto
from typing import TypeVar

from peewee import PeeweeException
from playhouse.pool import MaxConnectionsExceeded

from .database import StoreDatabase, causes
from .errors import StoreUnavailable

T = TypeVar("T")
Work = Callable[[StoreDatabase], T]

# How often work is done again. Of two transactions in a deadlock one goes on: with a handful of writers the second
# try again is rare.
DEADLOCKS = 5
# For a connection that has died in the pool. One that cannot be made is not tried again: that is the caller's to plan.
LOSSES = 1


class Stage(Enum):
    """How far a try has come: only work may be done again, for after a commit nobody can know."""

    CONNECTING = auto()
    WORKING = auto()
    COMMITTING = auto()


class Transactions:
    """Runs work in transactions, from any thread. A piece of work may run more than once, but is committed once."""

    def __init__(self, database: StoreDatabase) -> None:
        self.database = database

    def read(self, work: Work[T]) -> T:
        """Return what `work` returns, all its queries having seen one moment. Raises `StoreUnavailable`."""
        return self.run(work, self.database.reading)

    def write(self, work: Work[T]) -> T:
        """Return what `work` returns, its changes committed. Raises `StoreUnavailable`; nothing is changed then.

        Only where the connection breaks during the commit itself nobody can know whether it went through.
        """
        return self.run(work, None)

    def run(self, work: Work[T], mode: str | None) -> T:
        begin = () if mode is None else (mode,)
        deadlocks = losses = 0
        began = time.monotonic()
        while True:
            stage = Stage.CONNECTING
            try:
                with self.database.connection_context():
                    stage = Stage.WORKING
                    with self.database.atomic(*begin):
                        result = work(self.database)
                        stage = Stage.COMMITTING
                return result
            except (PeeweeException, MaxConnectionsExceeded, self.database.driver_error) as error:
                happened = list(causes(error))
                is_lost = stage is Stage.WORKING and any(map(self.database.is_lost, happened))
                if is_lost and losses < LOSSES:
                    losses += 1
                    # Its fellows in the pool have most likely died with it.
                    self.database.close_idle()
                    # Of those who lost theirs at one time, one finds out whether the server is there.
                    if self.database.has_failed_since(began):
                        raise unavailable(self.database, error) from error
                elif stage is Stage.WORKING and any(map(self.database.is_deadlock, happened)) and deadlocks < DEADLOCKS:
                    deadlocks += 1
                else:
                    raise unavailable(self.database, error) from error


def unavailable(database: StoreDatabase, error: Exception) -> StoreUnavailable:
    return StoreUnavailable(f"the database does not serve us: {database.explain(error)}")
