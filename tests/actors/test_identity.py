"""Whom a message speaks of, and what a person decided about it (rows C3, D5 and D8)."""

from collections.abc import Callable

import pytest
from servers.process import wait_until
from sitewarden.actors.messages import MarkDevice, RelabelDevice
from sitewarden.store.records import Kind, Status

from .field import DEADLINE, Field, heartbeat


def wait_for_heartbeats(field: Field, slot: str, count: int, site: str = "north") -> None:
    def are_there() -> bool:
        datalogger = field.dataloggers(site).get(slot)
        return datalogger is not None and datalogger.total_heartbeats == count

    assert wait_until(are_there, DEADLINE), field.dataloggers(site)


def events(field: Field, site: str = "north") -> list[tuple[str, str]]:
    """Oldest first: what happened, and in which slot."""
    return [(event.event, event.slot) for event in reversed(field.events(site))]


def test_a_serial_that_comes_later_fills_in_and_doubles_nothing(north: Field) -> None:
    code = north.code("north")
    north.publish(heartbeat(code, "A"))
    wait_for_heartbeats(north, "monstro/1", 1)
    first = north.dataloggers("north")["monstro/1"]
    assert first.serial_number == "monstro_1"
    north.publish(heartbeat(code, "A", number=1, serial_number="SN1"), heartbeat(code, "A", number=2))
    wait_for_heartbeats(north, "monstro/1", 3)
    (datalogger,) = north.dataloggers("north").values()
    assert (datalogger.id, datalogger.serial_number) == (first.id, "SN1")
    assert wait_until(lambda: events(north) == [("serial_learned", "monstro/1")], DEADLINE), events(north)


def test_another_serial_in_a_slot_is_replaced_hardware_and_keeps_the_history(north: Field) -> None:
    code = north.code("north")
    north.publish(heartbeat(code, "A", serial_number="SN1"))
    wait_for_heartbeats(north, "monstro/1", 1)
    first = north.dataloggers("north")["monstro/1"]
    north.publish(*(heartbeat(code, "A", number=number, serial_number="SN2") for number in (1, 2)))
    wait_for_heartbeats(north, "monstro/1", 3)
    (datalogger,) = north.dataloggers("north").values()
    assert (datalogger.id, datalogger.serial_number) == (first.id, "SN2")
    assert wait_until(lambda: events(north) == [("hardware_replaced", "monstro/1")], DEADLINE), events(north)


def test_one_serial_in_two_slots_is_a_conflict_told_once_and_nothing_is_moved(north: Field) -> None:
    code = north.code("north")
    north.publish(heartbeat(code, "A", serial_number="SN1"))
    north.publish(*(heartbeat(code, "B", number=number, instance=2, serial_number="SN1") for number in range(3)))
    wait_for_heartbeats(north, "monstro/2", 3)
    wait_for_heartbeats(north, "monstro/1", 1)
    serials = {slot: datalogger.serial_number for slot, datalogger in north.dataloggers("north").items()}
    assert serials == {"monstro/1": "SN1", "monstro/2": "monstro_2"}
    assert wait_until(lambda: events(north) == [("serial_conflict", "monstro/2")], DEADLINE), events(north)


def test_one_serial_on_two_sites_is_a_conflict_and_nothing_is_moved(field: Field) -> None:
    field.save("north")
    field.save("south")
    field.connect("north", "south")
    field.publish(heartbeat(field.code("north"), "A", serial_number="SN1"))
    wait_for_heartbeats(field, "monstro/1", 1)
    field.publish(heartbeat(field.code("south"), "A", serial_number="SN1"))
    wait_for_heartbeats(field, "monstro/1", 1, "south")
    assert wait_until(lambda: events(field, "south") == [("serial_conflict", "monstro/1")], DEADLINE)
    assert [len(field.dataloggers(name)) for name in ("north", "south")] == [1, 1]


def test_one_sensor_name_under_two_dataloggers_is_two_sensors(north: Field) -> None:
    code = north.code("north")
    north.publish(heartbeat(code, "A"), heartbeat(code, "A", instance=2))
    assert wait_until(lambda: len(north.memory("north").sensors) == 2, DEADLINE)
    assert {sensor.slot for sensor in north.memory("north").sensors} == {"monstro/1", "monstro/2"}


@pytest.mark.parametrize("instance", ["01", "0", "-1", "1_0", "10000", "\u0661"])
def test_an_instance_that_is_written_otherwise_is_refused_and_logged(north: Field, instance: str) -> None:
    north.publish(heartbeat(north.code("north"), "A", instance=instance))
    assert wait_until(lambda: len(north.parsing_log("north")) == 1, DEADLINE)
    assert north.parsing_log("north")[0].message.startswith("topic segment instance: not ")
    assert north.dataloggers("north") == {}


def test_past_the_limit_new_devices_are_told_of_once_and_the_known_go_on(make_field: Callable[..., Field]) -> None:
    """C5 as far as its caps on a site."""
    field = make_field(mqtt={"max_devices": 3})
    field.save("north")
    field.connect("north")
    code = field.code("north")
    field.publish(heartbeat(code, "A", "B"))
    wait_for_heartbeats(field, "monstro/1", 1)
    field.publish(heartbeat(code, "A", "C", "D", number=1), heartbeat(code, "E", instance=2))
    field.publish(heartbeat(code, "A", "B", number=2))
    wait_for_heartbeats(field, "monstro/1", 3)
    assert {serial: sensor.total_readings for serial, sensor in field.sensors("north").items()} == {"A": 3, "B": 2}
    assert list(field.dataloggers("north")) == ["monstro/1"]
    assert wait_until(lambda: events(field) == [("limit_reached", "")], DEADLINE), events(field)


def test_a_label_is_a_persons_and_outlives_messages_and_restarts(north: Field) -> None:
    """D5."""
    code = north.code("north")
    north.publish(heartbeat(code, "A", serial_number="SN1"))
    assert wait_until(lambda: "A" in north.sensors("north"), DEADLINE)
    ids = {Kind.DATALOGGER: north.dataloggers("north")["monstro/1"].id, Kind.SENSOR: north.sensors("north")["A"].id}
    for kind, id in ids.items():
        assert id is not None
        north.store.set_label(kind, id, f"my {kind}")
        north.runtime.tell(RelabelDevice(kind, id, f"my {kind}"))
    north.publish(heartbeat(code, "A", number=1, serial_number="SN2"))
    wait_for_heartbeats(north, "monstro/1", 2)

    def labels() -> list[str | None]:
        return [north.dataloggers("north")["monstro/1"].label, north.sensors("north")["A"].label]

    assert labels() == ["my datalogger", "my sensor"]
    north.restart()
    north.wait_for_status("north", Status.CONNECTED)
    north.publish(heartbeat(code, "A", number=2))
    wait_for_heartbeats(north, "monstro/1", 3)
    assert labels() == ["my datalogger", "my sensor"]


def test_a_deleted_device_hears_nothing_until_it_is_restored(north: Field) -> None:
    """D8."""
    code = north.code("north")
    north.publish(heartbeat(code, "A", "B"))
    assert wait_until(lambda: len(north.sensors("north")) == 2, DEADLINE)
    id = north.sensors("north")["A"].id
    assert id is not None
    north.store.set_deleted(Kind.SENSOR, id, True)
    north.runtime.tell(MarkDevice(Kind.SENSOR, id, True))
    assert wait_until(lambda: north.sensors("north")["A"].is_deleted, DEADLINE)
    north.publish(heartbeat(code, "A", "B", number=1))
    assert wait_until(lambda: north.sensors("north")["B"].total_readings == 2, DEADLINE)
    assert north.sensors("north")["A"].total_messages == 1

    north.restart()
    north.wait_for_status("north", Status.CONNECTED)
    assert north.sensors("north")["A"].is_deleted
    north.store.set_deleted(Kind.SENSOR, id, False)
    north.runtime.tell(MarkDevice(Kind.SENSOR, id, False))
    assert wait_until(lambda: not north.sensors("north")["A"].is_deleted, DEADLINE)
    north.publish(heartbeat(code, "A", "B", number=2))
    assert wait_until(lambda: north.sensors("north")["A"].total_readings == 2, DEADLINE)
    assert north.sensors("north")["A"].id == id


def test_a_deleted_dataloggers_sensors_hear_nothing_either(north: Field) -> None:
    """D8."""
    code = north.code("north")
    north.publish(heartbeat(code, "A"), heartbeat(code, "B", instance=2))
    assert wait_until(lambda: len(north.sensors("north")) == 2, DEADLINE)
    id = north.dataloggers("north")["monstro/1"].id
    assert id is not None
    north.store.set_deleted(Kind.DATALOGGER, id, True)
    north.runtime.tell(MarkDevice(Kind.DATALOGGER, id, True))
    assert wait_until(lambda: north.dataloggers("north")["monstro/1"].is_deleted, DEADLINE)
    north.publish(heartbeat(code, "A", "C", number=1), heartbeat(code, "B", number=1, instance=2))
    assert wait_until(lambda: north.sensors("north")["B"].total_readings == 2, DEADLINE)
    assert north.sensors("north")["A"].total_messages == 1
    assert "C" not in north.sensors("north")
