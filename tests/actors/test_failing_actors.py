"""An actor that fails is begun again from its last state, and nobody else notices (row B9)."""

from collections.abc import Callable
from typing import Literal

import pytest
from pydantic import BaseModel
from servers.process import wait_until
from sitewarden.actors.messages import RelabelDevice
from sitewarden.actors.parsing.datalogger_heartbeat import PARSER as DATALOGGER_HEARTBEAT
from sitewarden.actors.parsing.gateway_heartbeat import PARSER as GATEWAY_HEARTBEAT
from sitewarden.actors.parsing.observations import (
    DataloggerObservation,
    GatewayObservation,
    Observation,
    SensorObservation,
)
from sitewarden.actors.parsing.parser import Context, Parser, Segments
from sitewarden.actors.parsing.registry import Registry
from sitewarden.store.records import Availability, Kind, Status

from .field import DEADLINE, Field, Message, gateway_heartbeat, heartbeat

RESTART_SECONDS = 1.5  # a site's actor is begun again after one
LONG = 600.0  # seconds: twenty intervals, far beyond any deadline


class Explosive(float):
    """A number that passes every check and fails whoever counts with it."""

    def __sub__(self, other: float) -> float:
        raise ArithmeticError("boom")


class Unhashable(str):
    """A slot that passes every check and fails whoever looks it up."""

    def __hash__(self) -> int:
        raise ArithmeticError("boom")


class Bomb(BaseModel):
    """Which actor is to fail."""

    fails: Literal["gateway", "datalogger", "sensor", "site"]


def observe(bomb: Bomb, _segments: Segments, _context: Context) -> tuple[Observation, ...]:
    match bomb.fails:
        case "gateway":
            return (GatewayObservation("gateway/1", device_time=Explosive(1)),)
        case "datalogger":
            return (DataloggerObservation("monstro/1", device_time=Explosive(1)),)
        case "sensor":
            reading = SensorObservation("A", Explosive(1), {"acc02": 1.0})
            return (DataloggerObservation("monstro/1", sensors=(reading,)),)
        case "site":
            return (DataloggerObservation(Unhashable("monstro/1")),)


BOMB = Parser(name="bomb", patterns=("bomb",), model=Bomb, observe=observe)


@pytest.fixture
def mined(make_field: Callable[..., Field]) -> Field:
    """`north` with a gateway and two dataloggers, connected for long, where a `bomb` makes an actor fail; `south`."""
    field = make_field(registry=Registry([DATALOGGER_HEARTBEAT, GATEWAY_HEARTBEAT, BOMB]))
    for name in ("north", "south"):
        field.save(name, heartbeat_interval=30)
    field.connect("north", "south")
    field.clock.advance(LONG)
    beat(field, 0)
    assert wait_until(lambda: sorted(field.sensors("north")) == ["A", "B", "C"], DEADLINE)
    assert wait_until(lambda: "D" in field.sensors("south") and "gateway/1" in field.gateways("north"), DEADLINE)
    return field


def beat(field: Field, number: int) -> None:
    north, south = field.code("north"), field.code("south")
    field.publish(
        gateway_heartbeat(north, hostname=f"gw{number}"),
        heartbeat(north, "A", "B", number=number),
        heartbeat(north, "C", number=number, instance=2),
        heartbeat(south, "D", number=number),
    )


def blow(field: Field, fails: str) -> None:
    field.publish(Message(f"{field.code('north')}/bomb", f'{{"fails": "{fails}"}}'.encode()))


def heard(field: Field) -> dict[str, int]:
    """How often each device was heard."""
    of_stations = {
        slot: device.total_heartbeats
        for slot, device in {**field.gateways("north"), **field.dataloggers("north")}.items()
    }
    of_sensors = {
        serial: device.total_readings for name in ("north", "south") for serial, device in field.sensors(name).items()
    }
    return of_stations | of_sensors


ONCE = {"gateway/1": 1, "monstro/1": 1, "monstro/2": 1, "A": 1, "B": 1, "C": 1, "D": 1}


@pytest.mark.parametrize(("fails", "also_told"), [("gateway", {}), ("datalogger", {}), ("sensor", {"monstro/1": 3})])
def test_a_device_that_fails_goes_on_from_its_last_state_and_no_other_is_touched(
    mined: Field, fails: str, also_told: dict[str, int], caplog: pytest.LogCaptureFixture
) -> None:
    blow(mined, fails)
    assert wait_until(lambda: "ended by" in caplog.text, DEADLINE)
    beat(mined, 1)
    expected = {name: 2 * count for name, count in ONCE.items()} | also_told
    assert wait_until(lambda: heard(mined) == expected, DEADLINE), heard(mined)
    assert mined.state("north").status is Status.CONNECTED
    assert mined.gateways("north")["gateway/1"].hostname == "gw1"
    assert [len(sensor.readings) for sensor in mined.sensors("north").values()] == [2, 2, 2]


@pytest.mark.parametrize("fails", ["gateway", "datalogger", "sensor"])
def test_a_failure_of_ours_is_nobodys_downtime(mined: Field, fails: str, caplog: pytest.LogCaptureFixture) -> None:
    """The link had been up for long when the actor failed: that is no silence of the device."""
    blow(mined, fails)
    assert wait_until(lambda: "ended by" in caplog.text, DEADLINE)
    looked = mined.clock().monotonic + RESTART_SECONDS  # a device is looked at once a second
    assert wait_until(lambda: mined.clock().monotonic > looked, DEADLINE)
    devices = [
        *mined.gateways("north").values(),
        *mined.dataloggers("north").values(),
        *mined.sensors("north").values(),
    ]
    assert {device.availability for device in devices} <= {Availability.ONLINE, Availability.UNKNOWN}
    assert max(getattr(device, "missed_heartbeats", 0) for device in devices) == 0
    assert max(getattr(device, "consecutive_misses", 0) for device in devices) == 0
    assert max(device.observed_seconds for device in devices) < LONG


def test_a_site_whose_actor_fails_is_begun_again_with_its_devices_and_topics(mined: Field) -> None:
    blow(mined, "site")
    mined.wait_for_status("north", Status.ERROR)
    assert "ArithmeticError in Arrived" in mined.state("north").reason
    # Its devices answer meanwhile, and the other site is served.
    assert heard(mined) == ONCE
    mined.publish(heartbeat(mined.code("south"), "D", number=1))
    assert wait_until(lambda: mined.sensors("south")["D"].total_readings == 2, DEADLINE)
    assert mined.state("south").status is Status.CONNECTED

    mined.clock.advance(RESTART_SECONDS)
    mined.wait_for_status("north", Status.CONNECTED)
    beat(mined, 2)
    expected = {name: 2 * count for name, count in ONCE.items()} | {"D": 3}
    assert wait_until(lambda: heard(mined) == expected, DEADLINE), heard(mined)
    assert mined.topics("north")["datalogger/monstro/1/heartbeat"].message_count == 2
    # B3: every change of status is a line.
    statuses = [Status.ERROR, Status.DISCONNECTED, Status.CONNECTING, Status.CONNECTED]
    assert wait_until(lambda: [line.status for line in mined.connection_log("north")][-4:] == statuses, DEADLINE)


def test_what_a_failed_site_had_opened_is_let_go(mined: Field) -> None:
    actors = len(mined.runtime.system.base.actorRegistry)
    blow(mined, "site")
    mined.wait_for_status("north", Status.ERROR)
    mined.clock.advance(RESTART_SECONDS)
    mined.wait_for_status("north", Status.CONNECTED)
    assert len(mined.runtime.poller.sessions) == 2
    assert len(mined.runtime.system.base.actorRegistry) == actors


def test_a_site_whose_actor_fails_can_still_be_stopped(mined: Field) -> None:
    blow(mined, "site")
    mined.wait_for_status("north", Status.ERROR)
    mined.want("north", False)
    mined.clock.advance(RESTART_SECONDS)
    mined.wait_for_status("north", Status.DISCONNECTED)


def test_a_decision_about_a_device_reaches_the_actor_that_came_after(mined: Field) -> None:
    blow(mined, "site")
    mined.wait_for_status("north", Status.ERROR)
    mined.clock.advance(RESTART_SECONDS)
    mined.wait_for_status("north", Status.CONNECTED)
    id = mined.sensors("north")["A"].id
    assert id is not None
    mined.runtime.tell(RelabelDevice(Kind.SENSOR, id, "Mid span"))
    mined.publish(heartbeat(mined.code("north"), "A", number=3))
    assert wait_until(lambda: mined.sensors("north")["A"].total_readings == 2, DEADLINE)
    assert mined.sensors("north")["A"].label == "Mid span"
