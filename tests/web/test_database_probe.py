"""Whether the database answers is found out in bounded time."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from servers.postgresql import Postgresql
from servers.process import wait_until
from sitewarden.store.secrets import Secrets
from sitewarden.store.store import Store
from sitewarden.web.database_probe import DatabaseProbe

DEADLINE = 20.0  # seconds


@pytest.fixture
def probe(postgresql: Postgresql, tmp_path: Path) -> Iterator[DatabaseProbe]:
    """A probe of a database that is migrated."""
    name = postgresql.create_database()
    with closing(Store(postgresql.url(name), Secrets.load(None, tmp_path / "secret.key"))) as store:
        store.migrate()
        yield DatabaseProbe(store)
    postgresql.drop_database(name)


def test_a_database_that_answers_is_ok(probe: DatabaseProbe) -> None:
    assert probe.look() == "ok"


def test_a_frozen_database_is_slow_and_all_who_ask_share_one_question(
    probe: DatabaseProbe, postgresql: Postgresql
) -> None:
    probe.look()
    postgresql.freeze()
    try:
        assert probe.look() == "slow"
        assert probe.ask() is probe.ask()
    finally:
        postgresql.thaw()
    assert wait_until(lambda: probe.look() == "ok", DEADLINE)


def test_a_database_that_is_not_there_is_gone(tmp_path: Path) -> None:
    with closing(Store("postgresql://nobody@127.0.0.1:1/no", Secrets.load(None, tmp_path / "secret.key"))) as store:
        assert DatabaseProbe(store).look() == "gone"
