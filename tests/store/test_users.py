"""Users, tokens and access."""

import re

import pytest
from sitewarden.store.errors import (
    PasswordInvalid,
    RoleInvalid,
    SiteUnknown,
    UserExists,
    UserNameInvalid,
    UserUnknown,
)
from sitewarden.store.records import Access, UserRecord
from sitewarden.store.store import Store

PASSWORD = "correct horse"


@pytest.fixture
def user(store: Store) -> UserRecord:
    return store.add_user("anna", PASSWORD, is_superuser=False)


def test_a_user_is_found_by_the_exact_name(store: Store, user: UserRecord) -> None:
    assert store.user("anna") == user == UserRecord(user.id, "anna", False)
    for other in ("Anna", "anna ", "ann", "anna\x00", "\ud800"):
        assert store.user(other) is None


def test_a_name_is_given_once(store: Store, user: UserRecord) -> None:
    with pytest.raises(UserExists, match="anna"):
        store.add_user(user.name, PASSWORD, is_superuser=True)

    assert store.user("anna") == user


@pytest.mark.parametrize("name", ["", "a b", "a\n", "à", "x" * 101, "a\x00"])
def test_a_name_that_cannot_be_used_is_refused(store: Store, name: str) -> None:
    with pytest.raises(UserNameInvalid, match="1 to 100"):
        store.add_user(name, PASSWORD, is_superuser=False)


@pytest.mark.parametrize("password", ["", "1234567", "\ud8001234567"])
def test_a_password_that_cannot_be_used_is_refused_and_not_repeated(store: Store, password: str) -> None:
    with pytest.raises(PasswordInvalid) as refusal:
        store.add_user("berta", password, is_superuser=False)

    assert not password or password not in str(refusal.value)
    assert store.user("berta") is None


def test_a_token_leads_to_its_user_and_is_stored_only_as_a_digest(store: Store, user: UserRecord) -> None:
    first, second = store.issue_token(user.id), store.issue_token(user.id)

    assert re.fullmatch(r"sw_[A-Za-z0-9_-]{43}", first)
    assert first != second
    assert store.user_of_token(first) == store.user_of_token(second) == user
    for wrong in ("", "sw_", first[:-1], first + " ", first.swapcase(), "\ud800"):
        assert store.user_of_token(wrong) is None
    with store.database.connection_context():
        rows = store.database.execute_sql("SELECT * FROM api_token").fetchall()
    assert first not in str(rows)
    assert PASSWORD not in str(rows)


def test_a_token_needs_a_user(store: Store) -> None:
    with pytest.raises(UserUnknown, match="17"):
        store.issue_token(17)


def test_a_later_role_replaces_the_earlier(store: Store, user: UserRecord, site_id: int) -> None:
    assert store.accesses(user.id) == []

    store.grant(user.id, site_id, "viewer")
    store.grant(user.id, site_id, "operator")

    assert store.accesses(user.id) == [Access(site_id, "operator")]


def test_a_role_is_given_only_where_all_is_known(store: Store, user: UserRecord, site_id: int) -> None:
    with pytest.raises(RoleInvalid, match="viewer, operator"):
        store.grant(user.id, site_id, "king")
    with pytest.raises(UserUnknown):
        store.grant(user.id + 1, site_id, "viewer")
    with pytest.raises(SiteUnknown):
        store.grant(user.id, site_id + 1, "viewer")

    assert store.accesses(user.id) == []


@pytest.mark.usefixtures("user")
def test_the_password_is_stored_as_an_argon2id_hash(store: Store) -> None:
    with store.database.connection_context():
        [[stored]] = store.database.execute_sql("SELECT password_hash FROM user_account").fetchall()

    assert stored.startswith("$argon2id$")
    assert PASSWORD not in stored
