"""Whatever comes is read into what may be stored, or refused as `MessageInvalid`."""

import json
from datetime import UTC
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sitewarden.actors.device_time import EARLIEST, LATEST
from sitewarden.actors.parsing.datalogger_heartbeat import PARSER as DATALOGGER
from sitewarden.actors.parsing.document import Limits
from sitewarden.actors.parsing.faults import MessageInvalid
from sitewarden.actors.parsing.gateway_heartbeat import PARSER as GATEWAY
from sitewarden.actors.parsing.intake import read
from sitewarden.actors.parsing.observations import DataloggerObservation, Observation
from sitewarden.actors.parsing.parser import Context
from sitewarden.actors.parsing.patterns import is_identity
from sitewarden.actors.parsing.registry import Registry, Route

# How long an example takes says how busy the machine is, not whether the code is right.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

REGISTRY = Registry([DATALOGGER, GATEWAY])
TOPICS = ["datalogger/monstro/1/heartbeat", "gateway/heartbeat"]
ZONES = [UTC, ZoneInfo("Europe/Rome")]

# Keys that mean something go with values of every sort.
KEYS = [
    *(field for parser in (DATALOGGER, GATEWAY) for field in parser.model.model_fields),
    *("device_name", "ts", "last_acc00", "last_", "system", "site_id"),
]
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.sampled_from(["sito_001", "A-1", "1.5", "2025-10-14 13:57:16.288000", "14 days, 3:24:30", "\x00", 10**400]),
)
documents = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from(KEYS), st.text()), inner, max_size=6),
    ),
    max_leaves=20,
)
heartbeats = st.fixed_dictionaries(
    {},
    optional={
        **{key: documents for key in KEYS},
        "sensors_last_data": st.lists(
            st.fixed_dictionaries(
                {"device_name": st.sampled_from(["A", "B-2"])},
                optional={key: scalars for key in ("ts", "last_acc00", "last_x", "extra")},
            ),
            max_size=3,
        ),
    },
)
GOOD = json.dumps(
    {
        "heart_beat": "sito_001",
        "message_interval_seconds": 30,
        "sensors_last_data": [{"device_name": "MNA00542", "ts": "2025-10-14 13:57:16.288000", "last_acc00": 0.001188}],
        "system": {"cpu_load_percent": 12.5, "system_uptime": "14 days, 3:24:30"},
    }
).encode()


def assert_storable(value: Any) -> None:
    """Look through an observation for what a database could not hold or a comparison not bear."""
    if isinstance(value, float):
        assert isfinite(value)
    elif isinstance(value, str):
        assert not any(ord(letter) < 0x20 or 0x7F <= ord(letter) <= 0x9F for letter in value)
        value.encode()
    elif isinstance(value, dict):
        for key, inner in value.items():
            assert_storable(key)
            assert_storable(inner)
    elif isinstance(value, tuple | list):
        for inner in value:
            assert_storable(inner)


def check(topic: str, payload: bytes) -> tuple[Observation, ...]:
    """Read a message in each zone; give what came of it, nothing if it was refused."""
    route = REGISTRY.route(topic)
    assert isinstance(route, Route)
    observations: tuple[Observation, ...] = ()
    for zone in ZONES:
        try:
            observations = read(route, payload, Context(zone, 1760450236.0, "sito_001"), Limits())
        except MessageInvalid:
            continue
        assert_storable(observations)
        for observation in observations:
            assert observation.device_time is None or EARLIEST <= observation.device_time < LATEST
            assert observation.serial_number is None or is_identity(observation.serial_number)
            if isinstance(observation, DataloggerObservation):
                assert all(is_identity(sensor.serial_number) for sensor in observation.sensors)
    return observations


@pytest.mark.parametrize("topic", TOPICS)
def test_the_message_that_is_mutated_below_is_good(topic: str) -> None:
    assert check(topic, GOOD)


@pytest.mark.parametrize("topic", TOPICS)
@unhurried
@given(payload=st.binary())
def test_any_bytes_are_read_or_refused(topic: str, payload: bytes) -> None:
    check(topic, payload)


@pytest.mark.parametrize("topic", TOPICS)
@unhurried
@given(document=documents)
def test_any_json_is_read_or_refused(topic: str, document: Any) -> None:
    check(topic, json.dumps(document).encode())


@pytest.mark.parametrize("topic", TOPICS)
@unhurried
@given(heartbeat=heartbeats)
def test_a_heartbeat_with_anything_in_its_fields_is_read_or_refused(topic: str, heartbeat: dict[str, Any]) -> None:
    check(topic, json.dumps(heartbeat, ensure_ascii=False).encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("topic", TOPICS)
@unhurried
@given(at=st.integers(0, len(GOOD)), length=st.integers(0, 12), inserted=st.binary(max_size=12))
def test_a_good_heartbeat_with_bytes_exchanged_is_read_or_refused(
    topic: str, at: int, length: int, inserted: bytes
) -> None:
    check(topic, GOOD[:at] + inserted + GOOD[at + length :])
