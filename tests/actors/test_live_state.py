"""What a heartbeat makes of a gateway, a datalogger and a sensor (rows C4, C7, C9, D1 to D4, D6 and D7)."""

import json
from datetime import timedelta

import pytest
from servers.process import wait_until
from sitewarden.actors.messages import ReconcileSite
from sitewarden.store.records import Availability, ChannelStats

from .field import DEADLINE, START, Field, Message, device_time, gateway_heartbeat, heartbeat

STORED_TO = 1e-5  # seconds: the database keeps whole microseconds


def wait_for_readings(field: Field, serial: str, count: int) -> None:
    def are_there() -> bool:
        sensor = field.sensors("north").get(serial)
        return sensor is not None and sensor.total_readings == count

    assert wait_until(are_there, DEADLINE), field.sensors("north")


def test_a_gateways_heartbeat_is_its_live_state(north: Field) -> None:
    """D1."""
    told = {
        "serial_number": "GW-001",
        "hostname": "gw-north",
        "ip_address": "10.0.0.7",
        "firmware_version": "v1.2",
        "cpu_load_percent": 12.5,
        "ram_percent_used": 40,
        "disk_percent_used": "55.5",
        "system_uptime": "1 day, 1:00:00",
        "os_version": "Debian 12",
    }
    north.publish(gateway_heartbeat(north.code("north"), **told), gateway_heartbeat(north.code("north")))
    assert wait_until(lambda: "gateway/1" in north.gateways("north"), DEADLINE)
    assert wait_until(lambda: north.gateways("north")["gateway/1"].total_heartbeats == 2, DEADLINE)
    gateway = north.gateways("north")["gateway/1"]
    assert (gateway.serial_number, gateway.hostname, gateway.ip_address) == ("GW-001", "gw-north", "10.0.0.7")
    assert (gateway.cpu_usage_percent, gateway.memory_usage_percent) == (12.5, 40)
    assert (gateway.disk_usage_percent, gateway.uptime_seconds) == (55.5, 90_000)
    assert gateway.availability is Availability.ONLINE
    assert gateway.last_heartbeat == pytest.approx(north.clock().epoch, abs=DEADLINE)
    assert gateway.raw_metadata == {"os_version": "Debian 12"}


def test_a_dataloggers_heartbeat_is_its_live_state(north: Field) -> None:
    """D2."""
    fields = {"serial_number": "SN1", "firmware_version": "2.0", "ip_address": "10.0.0.8", "colour": "green"}
    north.publish(heartbeat(north.code("north"), "A", type="adaq", instance=12, **fields))
    assert wait_until(lambda: "adaq/12" in north.dataloggers("north"), DEADLINE)
    datalogger = north.dataloggers("north")["adaq/12"]
    assert (datalogger.datalogger_type, datalogger.instance_number) == ("adaq", 12)
    assert (datalogger.serial_number, datalogger.firmware_version) == ("SN1", "2.0")
    assert (datalogger.ip_address, datalogger.raw_metadata) == ("10.0.0.8", {"colour": "green"})
    assert (datalogger.total_heartbeats, datalogger.missed_heartbeats) == (1, 0)
    assert datalogger.availability is Availability.ONLINE
    assert datalogger.label is None


def test_a_sensor_keeps_its_newest_readings_and_the_extremes_of_each_channel(north: Field) -> None:
    """D3, D4."""
    north.publish(*(heartbeat(north.code("north"), "A", number=number) for number in range(5)))
    wait_for_readings(north, "A", 5)
    sensor = north.sensors("north")["A"]
    assert [reading.channels["acc02"] for reading in sensor.readings] == [1.004, 1.003, 1.002]
    assert sensor.readings[0].device_time == START.timestamp() + 4
    assert (sensor.total_messages, sensor.total_readings) == (5, 5)
    z = sensor.channels["acc02"]
    assert (z.count, z.mean, z.min, z.max) == (5, pytest.approx(1.002), 1.0, 1.004)
    assert z.min_at <= z.max_at == sensor.readings[0].received_at
    still = sensor.channels["acc00"]
    assert still == ChannelStats(5, -0.25, -0.25, -0.25, still.min_at, still.min_at)


def test_a_device_has_its_id_and_is_in_the_database_within_two_seconds(north: Field) -> None:
    """C4."""
    before = north.clock().monotonic
    north.publish(heartbeat(north.code("north"), "A"))
    wait_for_readings(north, "A", 1)
    assert north.clock().monotonic - before < 2
    sensor, datalogger = north.sensors("north")["A"], north.dataloggers("north")["monstro/1"]
    memory = north.memory("north")
    assert [stored.id for stored in memory.sensors] == [sensor.id]
    assert [stored.id for stored in memory.dataloggers] == [datalogger.id]
    assert wait_until(lambda: north.sensors("north")["A"].datalogger_id == datalogger.id, DEADLINE)


@pytest.mark.parametrize(
    "ts",
    [
        "2025-10-14 13:57:16.000000",
        "2025-10-14T13:57:16Z",
        "2025-10-14T15:57:16+02:00",
        int(START.timestamp()),
        int(START.timestamp()) * 1000,
    ],
)
def test_a_device_may_tell_its_time_in_any_form(north: Field, ts: object) -> None:
    """D6."""
    entry = {"device_name": "A", "ts": ts, "last_acc02": 1.0}
    topic = f"{north.code('north')}/datalogger/monstro/1/heartbeat"
    north.publish(Message(topic, json.dumps({"sensors_last_data": [entry]}).encode()))
    wait_for_readings(north, "A", 1)
    assert north.sensors("north")["A"].readings[0].device_time == START.timestamp()


def test_a_time_without_a_zone_is_read_in_the_sites(north: Field) -> None:
    """D6."""
    north.save("north", device_timezone="Europe/Rome")
    north.runtime.tell(ReconcileSite(north.id("north")))
    # Two hours ahead of UTC in October; the first messages may still be read as before.
    numbers = iter(range(10_000))

    def is_read_in_rome() -> bool:
        north.publish(heartbeat(north.code("north"), "A", number=next(numbers)))
        sensor = north.sensors("north").get("A")
        newest = sensor.readings[0].device_time if sensor else None
        return newest is not None and newest < (START - timedelta(hours=1)).timestamp()

    assert wait_until(is_read_in_rome, DEADLINE)


def test_a_device_clock_in_the_future_freezes_nothing_and_its_skew_is_shown(north: Field) -> None:
    """D6."""
    decade = 10 * 365 * 86_400
    code = north.code("north")
    for number, when in enumerate((decade * 10, 0, 5)):
        north.publish(heartbeat(code, "A", number=when, timestamp=device_time(when)))
        wait_for_readings(north, "A", number + 1)
    sensor, datalogger = north.sensors("north")["A"], north.dataloggers("north")["monstro/1"]
    assert [reading.device_time for reading in sensor.readings] == [
        START.timestamp() + when for when in (5, 0, decade * 10)
    ]
    assert sensor.availability is Availability.ONLINE
    skew = START.timestamp() + 5 - north.clock().epoch
    assert sensor.clock_skew_seconds == pytest.approx(skew, abs=DEADLINE)
    assert datalogger.clock_skew_seconds == pytest.approx(skew, abs=DEADLINE)


def test_a_duplicate_is_a_message_and_no_reading(north: Field) -> None:
    """D7."""
    code = north.code("north")
    north.publish(*(heartbeat(code, "A", number=number) for number in (0, 1, 0, 1, 2)))
    wait_for_readings(north, "A", 3)
    sensor = north.sensors("north")["A"]
    assert sensor.total_messages == 5
    assert len(sensor.readings) == 3
    assert north.dataloggers("north")["monstro/1"].total_heartbeats == 5


def test_bad_messages_change_nothing_and_the_like_are_one_row_with_a_count(north: Field) -> None:
    """C7."""
    code = north.code("north")
    north.publish(heartbeat(code, "A"))
    wait_for_readings(north, "A", 1)
    topic = f"{code}/datalogger/monstro/1/heartbeat"
    before = north.dataloggers("north"), north.sensors("north")
    north.publish(*[Message(topic, b"no json")] * 50, *[Message(topic, b'{"sensors_last_data": 3}')] * 20)
    north.wait_for_messages(71)
    assert (north.dataloggers("north"), north.sensors("north")) == before
    assert wait_until(lambda: sum(row.count for row in north.parsing_log("north")) == 70, DEADLINE)
    rows = {row.message: (row.count, row.error_type.value, row.parser) for row in north.parsing_log("north")}
    assert rows.pop("payload: not JSON") == (50, "PARSE_ERROR", "datalogger_heartbeat")
    assert [row[:2] for row in rows.values()] == [(20, "VALIDATION_ERROR")]
    assert north.counters().messages_by_outcome["refused"] == 70
    north.publish(heartbeat(code, "A", number=1))
    wait_for_readings(north, "A", 2)


def test_a_message_that_names_another_site_is_refused(north: Field) -> None:
    """C9."""
    topic = f"{north.code('north')}/datalogger/monstro/1/heartbeat"
    north.publish(Message(topic, heartbeat("elsewhere", "A").payload))
    assert wait_until(lambda: len(north.parsing_log("north")) == 1, DEADLINE)
    assert north.parsing_log("north")[0].message == "heart_beat: does not name this site"
    assert north.dataloggers("north") == {}


def test_of_two_sites_each_hears_only_its_own(field: Field) -> None:
    """C9: `a` is no prefix of `ab`."""
    field.save("a")
    field.save("ab", topic_prefix=f"{field.code('a')}b")
    field.connect("a", "ab")
    payload = heartbeat(field.code("ab"), "A").payload
    field.publish(Message(f"{field.code('a')}b/datalogger/monstro/1/heartbeat", payload))
    assert wait_until(lambda: "A" in field.sensors("ab"), DEADLINE)
    assert field.sensors("a") == {}
    assert field.topics("a") == {}
