"""What an import would change, as a table."""

from typing import Any

import pytest
from sitewarden.config.settings import MqttSection
from sitewarden.shell.fleet_diff import configured, diff_fleet
from sitewarden.shell.fleet_file import fleet_document, parse_fleet
from sitewarden.store.drafts import SiteDraft
from sitewarden.store.records import SiteConfiguration


def draft(code: str = "one", site: dict[str, Any] | None = None, **connection: Any) -> SiteDraft:
    row = {"code": code, **(site or {}), "connection": {"broker_host": "broker", **connection}}
    return parse_fleet({"site": [row]}, "a test")[0].with_defaults(MqttSection())


def stored(code: str = "one", password: str = "", **connection: Any) -> SiteConfiguration:
    configuration = configured(draft(code, **connection))
    return configuration._replace(connection=configuration.connection._replace(sealed_password=password))


def unseal(sealed: str) -> str | None:
    """Passwords of these tests are sealed by writing them backwards; one cannot be opened."""
    return None if sealed == "lost" else sealed[::-1]


def lines(configurations: list[SiteConfiguration], *drafts: SiteDraft) -> list[str]:
    return [str(field) for change in diff_fleet(configurations, drafts, unseal) for field in change.fields]


def test_a_site_that_is_not_there_would_be_created() -> None:
    (change,) = diff_fleet([], [draft()], unseal)
    assert change.is_new
    assert change.is_change


def test_a_site_that_is_as_the_file_says_would_not_be_changed() -> None:
    (change,) = diff_fleet([stored()], [draft()], unseal)
    assert not change.is_change


def test_a_field_that_differs_is_shown_with_what_it_was_and_would_be() -> None:
    assert lines([stored(broker_port=1883)], draft(broker_port=8883, keep_alive_interval=60)) == [
        "connection.broker_port: 1883 -> 8883",
        "connection.keep_alive_interval: 30 -> 60",
    ]
    assert lines([stored()], draft(site={"customer": "ANAS"})) == ["customer: nothing -> ANAS"]


def test_what_the_file_does_not_say_becomes_the_default() -> None:
    assert lines([stored(max_retries=3)], draft()) == ["connection.max_retries: 3 -> 10"]


def test_topics_come_go_and_change() -> None:
    before = stored(topics=[{"topic_pattern": "one/a"}, {"topic_pattern": "one/b"}])
    after = draft(topics=[{"topic_pattern": "one/b", "qos_level": 0}, {"topic_pattern": "one/c", "is_active": False}])
    assert sorted(lines([before], after)) == [
        "connection.topic 'one/a': QoS 1 -> nothing",
        "connection.topic 'one/b': QoS 1 -> QoS 0",
        "connection.topic 'one/c': nothing -> QoS 1, not active",
    ]


@pytest.mark.parametrize(
    ("sealed", "written", "changes"),
    [
        ("terces", None, []),
        ("terces", "secret", []),
        ("terces", "other", ["connection.password: changed"]),
        ("terces", "", ["connection.password: changed"]),
        ("", "", []),
        ("", "secret", ["connection.password: changed"]),
        ("lost", "secret", ["connection.password: changed"]),
        ("lost", None, []),
    ],
)
def test_a_password_is_compared_and_never_shown(sealed: str, written: str | None, changes: list[str]) -> None:
    assert lines([stored(password=sealed)], draft(password=written)) == changes


def test_sites_that_the_file_does_not_name_are_left_alone() -> None:
    assert diff_fleet([stored("one"), stored("two")], [draft("two")], unseal)[0].code == "two"


def test_what_is_exported_is_taken_back_without_a_change_and_holds_no_password() -> None:
    sites = [
        stored("one", password="terces", username="warden", topics=[{"topic_pattern": "one/a", "is_active": False}]),
        stored("two", heartbeat_interval=12.5, device_timezone="Europe/Rome", tls_mode="insecure", retry_delay=7.0),
    ]
    document = fleet_document(sites)
    taken = parse_fleet(document, "the export")
    # Exported values hold whatever the defaults of the installation that takes them are.
    other_defaults = MqttSection(default_retry_delay=1, max_retry_delay=2, heartbeat_timeout_multiplier=9)
    changes = diff_fleet(sites, [row.with_defaults(other_defaults) for row in taken], unseal)
    assert not any(change.is_change for change in changes)
    assert "terces" not in str(document)
    assert "secret" not in str(document)
