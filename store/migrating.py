"""Bring a database to the newest form of its tables."""

from pathlib import Path

from peewee import PeeweeException
from playhouse.migrations import Runner
from playhouse.pool import MaxConnectionsExceeded

from . import migrations
from .database import StoreDatabase, causes
from .errors import MigrationFailed
from .transactions import unavailable

DIRECTORY = Path(migrations.__file__).parent


def migrate(database: StoreDatabase) -> list[str]:
    """Apply what is pending, in order; return the names of what was applied, none if nothing was.

    Of two processes that migrate at once one waits for the other and finds nothing left to do. Raises
    `StoreUnavailable` and `MigrationFailed`; a migration that fails leaves those before it applied.
    """
    try:
        with database.connection_context(), database.migration_lock():
            applied: list[str] = Runner(database, str(DIRECTORY)).up()
            return applied
    except (PeeweeException, MaxConnectionsExceeded, database.driver_error) as error:
        if any(map(database.is_lost, causes(error))):
            raise unavailable(database, error) from error
        raise MigrationFailed(f"the database could not be migrated: {database.explain(error)}") from error
