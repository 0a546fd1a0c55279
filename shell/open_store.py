"""Opening an installation's store, as `run` and the commands beside it do."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..config.logging import get_logger
from ..config.settings import Settings
from ..store.database_url import SQLITE_START, sqlite_file
from ..store.errors import MigrationFailed, StoreError, StoreUnavailable
from ..store.secrets import Secrets
from ..store.store import Store
from .data_directory import make_data_directory
from .refusal import Refusal

log = get_logger("sitewarden.store")

SECRET_KEY_FILE = "secret.key"

# How long a start waits for another's transaction. A try takes as long as the store's own patience, or no time at all
# where a server refuses us.
WAIT_SECONDS = 30.0
RETRY_SECONDS = 1.0


class DatabaseUnusable(Refusal):
    """The database cannot be opened or brought up to date; the message names it and the setting that says so."""


class NoInstallation(Refusal):
    """There is no installation yet, and the command is none that makes one."""


@contextmanager
def connect_store(settings: Settings) -> Iterator[Store]:
    """Give the store as it is, closed at the end of the block; raises `Refusal`, `StoreError`."""
    make_data_directory(settings.data_dir)
    secrets = Secrets.load(settings.secret.keys, settings.data_dir / SECRET_KEY_FILE)
    store = Store(settings.database_url, secrets)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def open_store(settings: Settings) -> Iterator[Store]:
    """Give the store with its tables brought up to date, closed at the end; raises `Refusal`, `StoreError`."""
    with connect_store(settings) as store:
        migrate_store(settings, store)
        yield store


@contextmanager
def open_existing_store(settings: Settings) -> Iterator[Store]:
    """`open_store` for a command that makes no installation; raises `NoInstallation` where there is none."""
    trace = trace_of(settings)
    if trace is not None and not trace.exists():
        raise NoInstallation(
            f"there is no installation: {trace.absolute()} is not there. Say with {source_of_database(settings)} where"
            " it is, or make one: `import`, `user add`, `migrate` and `run` do"
        )
    with open_store(settings) as store:
        yield store


def trace_of(settings: Settings) -> Path | None:
    """The file that every installation with these settings has; None if all of it is on a server and in settings."""
    if settings.database_url.startswith(SQLITE_START):
        return sqlite_file(settings.database_url)
    return None if settings.secret.keys else settings.data_dir / SECRET_KEY_FILE


def migrate_store(settings: Settings, store: Store) -> list[str]:
    """Bring the tables up to date and give what was applied; raises `DatabaseUnusable`, `StoreError`."""
    try:
        return store.migrate()
    except (MigrationFailed, StoreUnavailable) as error:
        raise unusable(settings, error) from error


def wait_until_writable(settings: Settings, store: Store) -> None:
    """Wait for whoever holds the database, a backup for one; raises `DatabaseUnusable` if that takes too long."""
    give_up_at = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            store.installation_id()  # the least that writes
            return
        except StoreUnavailable as error:
            if time.monotonic() > give_up_at:
                raise unusable(settings, error) from error
            log.warning("waiting for the database", reason=str(error))
        time.sleep(RETRY_SECONDS)


def unusable(settings: Settings, error: StoreError) -> DatabaseUnusable:
    return DatabaseUnusable(f"{error} (the database is set by {source_of_database(settings)})")


def source_of_database(settings: Settings) -> str:
    """The setting that says where the database is."""
    return "DATABASE_URL" if settings.database.url else "SITEWARDEN_DATA_DIR"
