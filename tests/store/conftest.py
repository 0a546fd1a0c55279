"""Every test of the store runs on each of the three databases, on one of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.place import Place
from sitewarden.store.drafts import ConnectionDraft, SiteDraft
from sitewarden.store.secrets import Secrets
from sitewarden.store.store import Store


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """An empty database on each of the three."""
    if request.param == "sqlite":
        yield Place("sqlite", f"sqlite:///{tmp_path / 'data' / 'test.db'}", None)
        return
    server = request.getfixturevalue(request.param)
    name = server.create_database()
    yield Place(request.param, server.url(name), server)
    server.drop_database(name)


@pytest.fixture(scope="session")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Secrets:
    return Secrets.load(None, tmp_path_factory.mktemp("keys") / "secret.key")


@pytest.fixture
def store(place: Place, secrets: Secrets) -> Iterator[Store]:
    """A migrated store on each of the three."""
    store = Store(place.url, secrets)
    store.migrate()
    yield store
    store.close()


@pytest.fixture
def site_id(store: Store) -> int:
    """The id of a site in the store."""
    store.save_fleet([SiteDraft(code="sito_001", connection=ConnectionDraft(broker_host="127.0.0.1"))])
    return store.configurations()[0].site.id
