"""A database URL is understood, or refused in words that hold no password."""

import stat
from pathlib import Path

import pytest
from sitewarden.store.database import SERVING
from sitewarden.store.database_url import open_database, without_password
from sitewarden.store.errors import DatabaseUrlInvalid, StoreUnavailable
from sitewarden.store.mariadb import MariadbServer
from sitewarden.store.postgresql import PostgresqlServer
from sitewarden.store.secrets import Secrets
from sitewarden.store.store import Store


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("", "are supported"),
        ("oracle://host/name", "are supported"),
        ("sqlite://file.db", "four slashes"),
        ("sqlite:///", "four slashes"),
        ("sqlite:///:memory:", "name a file"),
        ("postgresql://user:hunter2@host", "no database"),
        ("postgresql:///name", "no host"),
        ("postgresql://user:hunter2@host:70000/name", "port is malformed"),
        ("postgresql://user:hunter2@host:port/name", "port is malformed"),
        ("mysql://user:hunter2@host/name?charset=latin1", "nothing may follow"),
        ("mysql://user:hunt#er2@host/name", "%23"),
        ("mysql://user:hunter2@[::1/name", "malformed"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_without_its_password(url: str, complaint: str, secrets: Secrets) -> None:
    with pytest.raises(DatabaseUrlInvalid, match=complaint) as refusal:
        Store(url, secrets)

    assert "hunt" not in str(refusal.value)
    assert "er2" not in str(refusal.value)
    assert "DATABASE_URL" in str(refusal.value)


def test_everything_in_a_url_reaches_the_driver() -> None:
    postgresql = open_database("postgresql://anna:p%40%2F@db.example:6543/na%20me", SERVING)
    mariadb = open_database("mariadb://anna:p%40%2F@[::1]:3307/name", SERVING)

    assert isinstance(postgresql, PostgresqlServer)
    assert isinstance(mariadb, MariadbServer)
    expected = {"user": "anna", "password": "p@/", "host": "db.example", "port": 6543}
    assert postgresql.connect_params.items() >= expected.items()
    assert postgresql.database == "na me"
    assert mariadb.connect_params.items() >= {"password": "p@/", "host": "::1", "port": 3307}.items()


def test_a_password_is_masked_however_odd_the_url() -> None:
    assert without_password("mysql://u:p:w@d@h/n") == "mysql://u:***@h/n"
    assert without_password("mysql://u@h/n") == "mysql://u@h/n"
    assert without_password("sqlite:///a@b:c") == "sqlite:///a@b:c"
    assert "geheim" not in without_password("://:geheim@")


def test_the_file_and_its_companions_are_for_their_owner_only(tmp_path: Path, secrets: Secrets) -> None:
    # A path is taken literally, with all that means something in other URLs.
    file = tmp_path / "da?ta#1 %20" / "test.db"
    store = Store(f"sqlite:///{file}", secrets)
    store.migrate()
    store.installation_id()

    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir() if "migrating" not in path.name
    }

    assert modes.keys() >= {"test.db", "test.db-wal", "test.db-shm"}
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    store.close()


def test_a_file_that_cannot_be_made_is_named(tmp_path: Path, secrets: Secrets) -> None:
    (tmp_path / "file").write_text("")
    store = Store(f"sqlite:///{tmp_path / 'file' / 'test.db'}", secrets)

    with pytest.raises(StoreUnavailable, match=r"test\.db"):
        store.ping()


def test_a_file_that_is_no_database_is_an_outage_in_words(tmp_path: Path, secrets: Secrets) -> None:
    file = tmp_path / "test.db"
    file.write_text("this is not a database, but it is long enough to be looked at" * 20)
    store = Store(f"sqlite:///{file}", secrets)

    with pytest.raises(StoreUnavailable, match="not a database"):
        store.configurations()
