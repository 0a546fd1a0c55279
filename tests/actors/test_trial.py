"""What is tried, and that a saved password goes nowhere but where it was saved for."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from sitewarden.actors.trial import PasswordNeeded, changed, password_of, trial_of
from sitewarden.config.settings import MqttSection
from sitewarden.store.drafts import ConnectionDraft, SiteDraft, TopicDraft
from sitewarden.store.errors import SecretUnreadable
from sitewarden.store.records import SiteConfiguration
from sitewarden.store.secrets import Secrets
from sitewarden.store.store import Store

SAVED = "the saved password"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(f"sqlite:///{tmp_path / 'sitewarden.db'}", Secrets.load(None, tmp_path / "secret.key"))
    store.migrate()
    return store


@pytest.fixture
def saved(store: Store) -> SiteConfiguration:
    """A site as the store gives it back."""
    topics = (TopicDraft(topic_pattern="sito_001/gateway/+/heartbeat", qos_level=0),)
    connection = ConnectionDraft(broker_host="broker.example", username="field", password=SAVED, topics=topics)
    store.save_fleet([SiteDraft(code="sito_001", connection=connection)])
    [configuration] = store.configurations()
    return configuration


def test_a_field_that_is_not_changed_is_as_saved(saved: SiteConfiguration) -> None:
    draft = changed(saved, {"broker_port": 8883, "tls_mode": "verify"}).connection
    assert (draft.broker_host, draft.broker_port, draft.tls_mode) == ("broker.example", 8883, "verify")
    assert draft.topics[0].topic_pattern == "sito_001/gateway/+/heartbeat"
    assert draft.password is None


@pytest.mark.parametrize("changes", [{"broker_port": 0}, {"tls_ca_file": "/ca.pem"}, {"topic_prefix": "elsewhere"}])
def test_what_would_not_be_saved_is_not_tried(saved: SiteConfiguration, changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        changed(saved, changes)


@pytest.mark.parametrize("changes", [{}, {"protocol": "5"}, {"keep_alive_interval": 60}])
def test_the_saved_password_is_for_the_saved_place(
    store: Store, saved: SiteConfiguration, changes: dict[str, Any]
) -> None:
    draft = changed(saved, changes).connection
    assert password_of(draft, saved.connection, store.secrets) == SAVED


@pytest.mark.parametrize(
    "changes",
    [
        {"broker_host": "elsewhere.example"},
        {"broker_port": 1884},
        {"username": "else"},
        {"tls_mode": "insecure"},
        {"tls_mode": "verify"},
    ],
)
def test_another_place_needs_the_password_anew(store: Store, saved: SiteConfiguration, changes: dict[str, Any]) -> None:
    with pytest.raises(PasswordNeeded):
        password_of(changed(saved, changes).connection, saved.connection, store.secrets)
    given = changed(saved, {**changes, "password": "another"}).connection
    assert password_of(given, saved.connection, store.secrets) == "another"
    none = changed(saved, {**changes, "password": ""}).connection
    assert password_of(none, saved.connection, store.secrets) == ""


def test_where_no_password_is_saved_none_is_needed(store: Store, saved: SiteConfiguration) -> None:
    without = saved.connection._replace(sealed_password="")
    draft = changed(saved, {"broker_port": 1884}).connection
    assert password_of(draft, without, store.secrets) == password_of(draft, None, store.secrets) == ""


def test_a_password_that_was_sealed_with_another_key_cannot_be_tried(saved: SiteConfiguration, tmp_path: Path) -> None:
    with pytest.raises(SecretUnreadable):
        password_of(changed(saved, {}).connection, saved.connection, Secrets.load(None, tmp_path / "another.key"))


@pytest.mark.parametrize(
    ("changes", "is_discovering", "filters"),
    [
        ({}, True, ["sito_001/#"]),
        ({}, False, ["sito_001/gateway/+/heartbeat", "sito_001/backend/status"]),
        ({"discovery_mode": "closed"}, True, ["sito_001/gateway/+/heartbeat", "sito_001/backend/status"]),
    ],
)
def test_the_filters_are_those_of_the_live_link(
    saved: SiteConfiguration, changes: dict[str, Any], is_discovering: bool, filters: list[str]
) -> None:
    settings = MqttSection(auto_discovery_enabled=is_discovering)
    trial = trial_of(changed(saved, changes), "", "abcd1234", settings)
    assert [name for name, _ in trial.filters] == filters


def test_two_trials_never_share_a_client_id_nor_take_the_live_links(saved: SiteConfiguration) -> None:
    trials = [trial_of(changed(saved, {}), "", "abcd1234", MqttSection()) for _ in range(100)]
    names = {trial.target.client_id for trial in trials}
    assert len(names) == len(trials)
    assert trials[0].live_client_id == "sitewarden_sito_001_abcd1234"
    assert trials[0].live_client_id not in names
    assert not any(trial.target.keeps_session for trial in trials)
