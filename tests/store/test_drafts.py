"""What people write down is taken with its defaults, or refused naming what is wrong."""

from typing import Any

import pytest
from pydantic import ValidationError
from sitewarden.config.settings import MqttSection
from sitewarden.store.drafts import SiteDraft


def site(connection: dict[str, Any] | None = None, **fields: Any) -> SiteDraft:
    return SiteDraft.model_validate(
        {"code": "sito_001", **fields, "connection": {"broker_host": "127.0.0.1", **(connection or {})}}
    )


def test_the_least_that_can_be_written_has_the_defaults_of_the_specification() -> None:
    draft = site()

    assert draft.name == "sito_001"
    assert draft.is_active
    connection = draft.connection
    assert (connection.broker_port, connection.protocol, connection.tls_mode) == (1883, "3.1.1", "off")
    assert (connection.topic_prefix, connection.client_id_prefix) == ("sito_001", "sitewarden_sito_001")
    assert (connection.heartbeat_interval, connection.max_retries, connection.rolling_readings) == (60, 10, 3)
    assert (connection.device_timezone, connection.discovery_mode, connection.topics) == ("UTC", "open", ())
    assert connection.password is None


def test_the_installations_defaults_fill_only_what_was_left_out() -> None:
    mqtt = MqttSection(default_retry_delay=7, max_retry_delay=70, heartbeat_timeout_multiplier=4)

    filled = site({"retry_delay": 9}).with_defaults(mqtt).connection

    assert (filled.retry_delay, filled.max_retry_delay, filled.heartbeat_timeout_multiplier) == (9, 70, 4)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("code", ""),
        ("code", "a b"),
        ("code", "x" * 51),
        ("code", "a\n"),
        ("code", "à"),
        ("name", "a\x00"),
        ("name", "x" * 256),
        ("customer", "a\nb"),
        ("latitude", 90.1),
        ("latitude", float("nan")),
        ("longitude", -180.1),
        ("unknown", 1),
        ("connection.broker_host", "a..b"),
        ("connection.broker_host", ""),
        ("connection.broker_port", 0),
        ("connection.broker_port", 65536),
        ("connection.username", "a\rb"),
        ("connection.password", "x" * 2001),
        ("connection.password", "\ud800"),
        ("connection.tls_mode", "on"),
        ("connection.tls_ca_file", "ca.pem"),
        ("connection.tls_certificate_file", "./own.pem"),
        ("connection.tls_key_file", "~/own.key"),
        ("connection.keep_alive_interval", 65536),
        ("connection.protocol", "4"),
        ("connection.heartbeat_interval", 0),
        ("connection.heartbeat_interval", float("inf")),
        ("connection.heartbeat_timeout_multiplier", 0),
        ("connection.retry_delay", -1),
        ("connection.max_retries", 0),
        ("connection.rolling_readings", 0),
        ("connection.device_timezone", "Mars/Olympus"),
        ("connection.device_timezone", "../UTC"),
        ("connection.device_timezone", "Europe"),
        ("connection.discovery_mode", "ajar"),
        ("connection.unknown", 1),
        ("connection.topics", [{"topic_pattern": "sito_001/#/a"}]),
        ("connection.topics", [{"topic_pattern": "sito_001/a", "qos_level": 3}]),
    ],
)
def test_a_bad_value_is_refused_where_it_stands(place: str, value: object) -> None:
    section, _, name = place.rpartition(".")

    with pytest.raises(ValidationError) as refusal:
        site({name: value}) if section else site(**{name: value})

    [problem] = refusal.value.errors(include_url=False, include_context=False)
    assert ".".join(map(str, problem["loc"])).startswith(place)


@pytest.mark.parametrize(
    ("connection", "complaint"),
    [
        ({"topics": [{"topic_pattern": "sito_002/#"}]}, "does not lie below the topic prefix 'sito_001'"),
        ({"topics": [{"topic_pattern": "#"}]}, "does not lie below"),
        ({"topic_prefix": "x", "topics": [{"topic_pattern": "sito_001/#"}]}, "does not lie below the topic prefix 'x'"),
        ({"topics": [{"topic_pattern": "sito_001/a"}] * 2}, "there twice"),
        ({"topic_prefix": "a/+"}, "holds no"),
        ({"topic_prefix": "/a"}, "empty level"),
        ({"tls_ca_file": "/ca.pem"}, "tls_mode is off"),
        ({"tls_mode": "verify", "tls_key_file": "/key.pem"}, "tls_certificate_file"),
        ({"retry_delay": 10, "max_retry_delay": 5}, "longer than max_retry_delay"),
    ],
)
def test_what_is_wrong_only_together_is_refused_in_words(connection: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        site(connection)


def test_no_error_and_no_picture_of_a_draft_holds_the_password() -> None:
    with pytest.raises(ValidationError) as refusal:
        site({"password": "hunter2", "broker_port": 0})

    assert "hunter2" not in str(refusal.value)
    assert "hunter2" not in repr(site({"password": "hunter2"}))


def test_a_client_certificate_may_come_in_one_file_with_its_key() -> None:
    draft = site({"tls_mode": "verify", "tls_certificate_file": "/both.pem"})

    assert draft.connection.tls_key_file == ""
