"""Opening an installation's store, as `run` and the commands beside it do."""

from collections.abc import Iterator
from contextlib import contextmanager

from ..config.settings import Settings
from ..store.secrets import Secrets
from ..store.store import Store

SECRET_KEY_FILE = "secret.key"


@contextmanager
def connect_store(settings: Settings) -> Iterator[Store]:
    """Give the store as it is, closed at the end of the block; raises `StoreError`."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    secrets = Secrets.load(settings.secret.keys, settings.data_dir / SECRET_KEY_FILE)
    store = Store(settings.database_url, secrets)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def open_store(settings: Settings) -> Iterator[Store]:
    """Give the store with its tables brought up to date, closed at the end of the block; raises `StoreError`."""
    with connect_store(settings) as store:
        store.migrate()
        yield store
