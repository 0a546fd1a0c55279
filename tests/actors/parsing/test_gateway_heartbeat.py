import json
from collections.abc import Callable
from typing import Any

import pytest
from sitewarden.actors.parsing.faults import MessageInvalid
from sitewarden.actors.parsing.observations import GatewayObservation

ReadOn = Callable[[str, bytes], GatewayObservation]

MACHINE: dict[str, Any] = {
    "serial_number": "GW-001",
    "hostname": "ponte-nord",
    "ip_address": "10.0.0.1",
    "firmware_version": "2.1.0",
    "os_version": "Debian 12",
    "system_uptime": "14 days, 3:24:30",
    "cpu_load_percent": "12.5",
    "ram_total_gb": 8,
    "ram_used_gb": 2,
    "ram_percent_used": 25.5,
    "disk_total_gb": 100.0,
    "disk_free_gb": 40.0,
    "disk_percent_used": 61,
}
READ = GatewayObservation(
    slot="gateway/1",
    serial_number="GW-001",
    hostname="ponte-nord",
    ip_address="10.0.0.1",
    firmware_version="2.1.0",
    cpu_usage_percent=12.5,
    memory_usage_percent=25.5,
    disk_usage_percent=61.0,
    uptime_seconds=1_221_870.0,
    metadata={
        "ram_total_gb": 8.0,
        "ram_used_gb": 2.0,
        "disk_total_gb": 100.0,
        "disk_free_gb": 40.0,
        "os_version": "Debian 12",
    },
)


def read_json(read_on: ReadOn, payload: dict[str, Any], topic: str = "gateway/heartbeat") -> GatewayObservation:
    return read_on(topic, json.dumps(payload).encode())


@pytest.mark.parametrize(
    "payload",
    [
        MACHINE,
        {"system": MACHINE},
        {"serial_number": "GW-001", "system": {key: MACHINE[key] for key in MACHINE if key != "serial_number"}},
        {"serial_number": "GW-001", "hostname": None, "system": MACHINE | {"serial_number": "board"}},
        MACHINE | {"system": None, "heart_beat": "sito_001"},
    ],
)
def test_a_gateway_is_read_flat_or_under_system(read_on: ReadOn, payload: dict[str, Any]) -> None:
    observation = read_json(read_on, payload)
    metadata = {key: value for key, value in observation.metadata.items() if value is not None}
    assert observation._replace(metadata=metadata) == READ


@pytest.mark.parametrize(
    ("topic", "slot"), [("gateway/heartbeat", "gateway/1"), ("gateway/12/heartbeat", "gateway/12")]
)
def test_a_gateway_whose_topic_names_no_number_is_the_first(read_on: ReadOn, topic: str, slot: str) -> None:
    assert read_on(topic, b"{}") == GatewayObservation(slot)


def test_times_and_intervals_are_read(read_on: ReadOn) -> None:
    observation = read_json(read_on, {"timestamp": 1760450236250, "message_interval_seconds": "60"})
    assert (observation.device_time, observation.interval_seconds) == (1760450236.25, 60.0)


@pytest.mark.parametrize(
    ("sizes", "memory", "disk"),
    [
        ({"ram_total_gb": "8", "ram_used_gb": "2"}, 25.0, None),
        ({"disk_total_gb": 100, "disk_free_gb": 40}, None, 60.0),
        ({"ram_total_gb": 0, "ram_used_gb": 0}, None, None),
        ({"ram_total_gb": 8, "ram_used_gb": 9, "disk_total_gb": 1, "disk_free_gb": 2}, None, None),
        ({"ram_used_gb": 2, "disk_free_gb": 2}, None, None),
        ({"ram_total_gb": 1.7e308, "ram_used_gb": 1.7e308}, 100.0, None),
    ],
)
def test_percentages_are_made_from_sizes_where_those_make_sense(
    read_on: ReadOn, sizes: dict[str, Any], memory: float | None, disk: float | None
) -> None:
    observation = read_json(read_on, sizes)
    assert (observation.memory_usage_percent, observation.disk_usage_percent) == (memory, disk)


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ({"system": "linux"}, "payload: system is not an object"),
        ({"system": {"cpu_load_percent": "high"}}, "cpu_load_percent: not a number"),
        ({"cpu_load_percent": True}, "cpu_load_percent: not a number"),
        ({"cpu_load_percent": "1e999"}, "cpu_load_percent: Input should be a finite number"),
        ({"cpu_load_percent": -1}, "cpu_load_percent: Input should be greater than or equal to 0"),
        ({"ram_percent_used": 101}, "ram_percent_used: Input should be less than or equal to 100"),
        ({"system_uptime": "long"}, "system_uptime: not a duration; seconds or `14 days, 3:24:30`"),
        ({"timestamp": 1e300}, "timestamp: after the year 2200"),
        ({"hostname": "h" * 256}, "payload: a text is longer than 255 characters"),
        ({"serial_number": "a/b"}, "serial_number: not 1 to 100 of A-Z a-z 0-9 . _ : -"),
    ],
)
def test_a_field_that_cannot_be_used_is_named(read_on: ReadOn, payload: dict[str, Any], message: str) -> None:
    with pytest.raises(MessageInvalid) as caught:
        read_json(read_on, payload)
    assert (caught.value.error_type, caught.value.message) == ("VALIDATION_ERROR", message)
