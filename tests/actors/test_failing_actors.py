"""An actor that fails is begun again from its last state, and nobody else notices (row B9)."""

import sqlite3
from collections.abc import Callable
from typing import Literal

import pytest
from pydantic import BaseModel
from servers.process import wait_until
from sitewarden.actors.messages import ActorReport, ListActors, PauseTopic, RelabelDevice, RestartSite
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
from sitewarden.store.records import Availability, ErrorType, Kind, Status

from .field import DATABASE, DEADLINE, Field, Message, gateway_heartbeat, heartbeat

RESTART_LIMIT = 5  # within a minute
LONGEST_RESTART_DELAY = 8.0  # seconds: the last of five
QUARANTINE = 300.0  # seconds
CHECKED_AFTER = 1.5  # seconds; each site is looked at once a second
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
    instance: int = 1


def observe(bomb: Bomb, _segments: Segments, _context: Context) -> tuple[Observation, ...]:
    match bomb.fails:
        case "gateway":
            return (GatewayObservation("gateway/1", device_time=Explosive(1)),)
        case "datalogger":
            return (DataloggerObservation(f"monstro/{bomb.instance}", device_time=Explosive(1)),)
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


def wait_for_a_tick(field: Field) -> None:
    """Wait until each device has been looked at once more."""
    looked = field.clock().monotonic + CHECKED_AFTER
    assert wait_until(lambda: field.clock().monotonic > looked, DEADLINE)


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
    wait_for_a_tick(mined)
    devices = [
        *mined.gateways("north").values(),
        *mined.dataloggers("north").values(),
        *mined.sensors("north").values(),
    ]
    assert {device.availability for device in devices} <= {Availability.ONLINE, Availability.UNKNOWN}
    assert max(getattr(device, "missed_heartbeats", 0) for device in devices) == 0
    assert max(getattr(device, "consecutive_misses", 0) for device in devices) == 0
    assert max(device.observed_seconds for device in devices) < LONG


def in_tree(field: Field, name: str) -> ActorReport:
    [report] = [actor for actor in field.ask(ListActors(field.id("north")), tuple) if actor.name == name]
    return report


def failures(field: Field, name: str = "north") -> int:
    """How often the site's actor has failed, by the connection's log."""
    return [line.status for line in field.connection_log(name)].count(Status.ERROR)


def wait_for_failure(field: Field, count: int) -> None:
    assert wait_until(lambda: failures(field) == count, DEADLINE), field.connection_log("north")


@pytest.mark.parametrize(
    ("fails", "who"),
    [
        ("gateway", "gateway gateway/1"),
        ("datalogger", "datalogger monstro/1"),
        ("sensor", "sensor A"),
        ("site", "the site's actor"),
    ],
)
def test_the_message_that_an_actor_failed_of_is_in_the_parsing_log_and_not_tried_again(
    mined: Field, fails: str, who: str
) -> None:
    blow(mined, fails)
    assert wait_until(lambda: len(mined.parsing_log("north")) == 1, DEADLINE)
    [fault] = mined.parsing_log("north")
    assert fault.error_type is ErrorType.UNKNOWN
    assert fault.message == f"{who} failed with ArithmeticError"
    assert "boom" in fault.exception
    assert fault.topic == f"{mined.code('north')}/bomb"
    assert fault.sample_payload == f'{{"fails": "{fails}"}}'
    assert fault.parser == ("" if fails == "site" else "bomb")
    mined.wait_for_status("north", Status.CONNECTED)
    beat(mined, 1)
    assert wait_until(lambda: heard(mined)["D"] == 2, DEADLINE)
    assert mined.parsing_log("north")[0].count == 1


def test_what_was_on_the_way_to_a_device_that_fails_is_not_lost(mined: Field) -> None:
    code = mined.code("north")
    bomb = Message(f"{code}/bomb", b'{"fails": "datalogger"}')
    before = [heartbeat(code, "A", "B", number=number) for number in range(1, 10)]
    after = [heartbeat(code, "A", "B", number=number) for number in range(10, 20)]
    mined.publish(*before, bomb, *after)
    assert wait_until(lambda: heard(mined)["A"] == 20, DEADLINE), heard(mined)
    assert (heard(mined)["B"], heard(mined)["monstro/1"]) == (20, 20)


def test_a_sensor_that_fails_too_often_takes_its_datalogger_with_it_and_no_other(
    mined: Field, caplog: pytest.LogCaptureFixture
) -> None:
    for count in range(1, RESTART_LIMIT + 1):
        blow(mined, "sensor")
        assert wait_until(lambda count=count: caplog.text.count("ended by SensorObserved") == count, DEADLINE)
        mined.clock.advance(LONGEST_RESTART_DELAY)
        wait_for_a_tick(mined)
    assert "DataloggerActor" not in caplog.text
    blow(mined, "sensor")
    assert wait_until(lambda: "ended by ChildFailed" in caplog.text, DEADLINE)
    beat(mined, 1)
    told = RESTART_LIMIT + 1
    expected = {name: 2 * count for name, count in ONCE.items()} | {"monstro/1": 2 + told}
    assert wait_until(lambda: heard(mined) == expected, DEADLINE), heard(mined)
    assert failures(mined) == 0
    assert wait_until(lambda: mined.parsing_log("north")[0].count == told, DEADLINE)


def test_what_comes_for_a_device_that_waits_for_its_restart_is_in_the_parsing_log(
    mined: Field, caplog: pytest.LogCaptureFixture
) -> None:
    for count in (1, 2):
        blow(mined, "gateway")
        assert wait_until(lambda count=count: caplog.text.count("ended by GatewayObserved") == count, DEADLINE)
    mined.publish(gateway_heartbeat(mined.code("north")))
    refusal = "gateway gateway/1 has failed, and waits to be begun again"
    assert wait_until(lambda: refusal in [fault.message for fault in mined.parsing_log("north")], DEADLINE)
    shown = in_tree(mined, "gateway/1")
    assert (shown.state, shown.restarts, shown.restart_limit) == ("waiting_for_restart", 2, RESTART_LIMIT)
    assert shown.failure == "ArithmeticError in GatewayObserved: boom"
    assert shown.next_retry_at is not None
    mined.clock.advance(LONGEST_RESTART_DELAY)
    wait_for_a_tick(mined)
    beat(mined, 1)
    assert wait_until(lambda: heard(mined)["gateway/1"] == 2, DEADLINE), heard(mined)
    shown = in_tree(mined, "gateway/1")
    assert (shown.state, shown.next_retry_at) == ("running", None)


def test_a_device_that_the_database_does_not_know_yet_fails_and_keeps_what_it_counted(mined: Field) -> None:
    code = mined.code("north")
    with sqlite3.connect(mined.directory / DATABASE) as database:
        database.execute("BEGIN IMMEDIATE")
        mined.publish(
            heartbeat(code, "N", number=1, instance=3),
            heartbeat(code, "N", number=2, instance=3),
            Message(f"{code}/bomb", b'{"fails": "datalogger", "instance": 3}'),
            heartbeat(code, "N", number=3, instance=3),
        )
        assert wait_until(lambda: mined.counters().messages >= len(ONCE) + 1, DEADLINE)
        database.rollback()
    assert wait_until(lambda: "N" in mined.sensors("north"), DEADLINE)
    assert wait_until(lambda: heard(mined).get("monstro/3") == 3, DEADLINE), heard(mined)
    assert heard(mined)["N"] == 3
    assert wait_until(lambda: {sensor.total_readings for sensor in mined.memory("north").sensors} == {1, 3}, DEADLINE)


def test_a_site_whose_actor_fails_is_begun_again_with_its_devices_and_topics(mined: Field) -> None:
    blow(mined, "site")
    wait_for_failure(mined, 1)
    mined.wait_for_status("north", Status.CONNECTED)
    beat(mined, 2)
    expected = {name: 2 * count for name, count in ONCE.items()}
    assert wait_until(lambda: heard(mined) == expected, DEADLINE), heard(mined)
    assert mined.topics("north")["datalogger/monstro/1/heartbeat"].message_count == 2
    # B3: every change of status is a line.
    statuses = [Status.ERROR, Status.DISCONNECTED, Status.CONNECTING, Status.CONNECTED]
    assert wait_until(lambda: [line.status for line in mined.connection_log("north")][-4:] == statuses, DEADLINE)
    failure = mined.connection_log("north")[-4]
    assert (failure.level, failure.exception_type) == ("ERROR", "ArithmeticError")
    assert "ArithmeticError in Arrived: boom" in failure.message
    assert "boom" in failure.traceback


def test_the_message_that_a_sites_actor_failed_of_is_acknowledged_when_the_broker_sends_it_again(
    mined: Field,
) -> None:
    blow(mined, "site")
    wait_for_failure(mined, 1)
    mined.wait_for_status("north", Status.CONNECTED)
    assert wait_until(lambda: mined.counters().messages_by_outcome.get("redelivered") == 1, DEADLINE)
    mined.runtime.tell(RestartSite(mined.id("north")))
    connected = [Status.CONNECTING, Status.CONNECTED]
    assert wait_until(lambda: [line.status for line in mined.connection_log("north")][-2:] == connected, DEADLINE)
    beat(mined, 1)
    assert wait_until(lambda: heard(mined)["A"] == 2, DEADLINE)
    # Nothing was left with the broker.
    assert mined.counters().messages_by_outcome["redelivered"] == 1
    assert failures(mined) == 1


def test_what_came_with_a_message_that_a_sites_actor_failed_of_is_counted_once(mined: Field) -> None:
    code = mined.code("north")
    bomb = Message(f"{code}/bomb", b'{"fails": "site"}')
    before = [heartbeat(code, "A", "B", number=number) for number in range(1, 8)]
    after = [heartbeat(code, "A", "B", number=number) for number in range(8, 20)]
    mined.publish(*before, bomb, *after)
    assert wait_until(lambda: heard(mined)["A"] == 20, DEADLINE), heard(mined)
    assert (heard(mined)["B"], heard(mined)["monstro/1"]) == (20, 20)
    assert failures(mined) == 1


def test_what_a_sites_actor_had_counted_before_it_failed_is_not_counted_again_after_a_restart_of_ours(
    quarantined: Field,
) -> None:
    quarantined.restart()
    quarantined.wait_for_status("north", Status.CONNECTED)
    beat(quarantined, 1)
    assert wait_until(lambda: heard(quarantined)["A"] == 2, DEADLINE)
    assert failures(quarantined) == RESTART_LIMIT + 1, "the message that it failed of was tried again"


@pytest.fixture
def quarantined(mined: Field) -> Field:
    """`mined`, where the actor of `north` has failed once more than it may."""
    for count in range(1, RESTART_LIMIT + 1):
        blow(mined, "site")
        wait_for_failure(mined, count)
        mined.clock.advance(LONGEST_RESTART_DELAY)
        mined.wait_for_status("north", Status.CONNECTED)
    blow(mined, "site")
    wait_for_failure(mined, RESTART_LIMIT + 1)
    return mined


def test_a_site_that_fails_too_often_is_in_error_for_five_minutes_and_no_other_is_touched(quarantined: Field) -> None:
    state = quarantined.state("north")
    assert state.status is Status.ERROR
    assert "ArithmeticError in Arrived" in state.reason
    assert state.next_retry_at == pytest.approx(quarantined.clock().epoch + QUARANTINE, abs=DEADLINE)
    shown = in_tree(quarantined, quarantined.code("north"))
    assert (shown.state, shown.status, shown.next_retry_at) == ("quarantined", Status.ERROR, state.next_retry_at)
    # Its devices answer meanwhile, and the other site is served.
    assert heard(quarantined) == ONCE
    quarantined.publish(heartbeat(quarantined.code("south"), "D", number=1))
    assert wait_until(lambda: quarantined.sensors("south")["D"].total_readings == 2, DEADLINE)
    assert [line.status for line in quarantined.connection_log("south")] == [Status.CONNECTING, Status.CONNECTED]

    quarantined.clock.advance(QUARANTINE / 2)
    wait_for_a_tick(quarantined)
    assert quarantined.state("north").status is Status.ERROR
    quarantined.clock.advance(QUARANTINE / 2)
    quarantined.wait_for_status("north", Status.CONNECTED)
    beat(quarantined, 2)
    assert wait_until(lambda: heard(quarantined)["A"] == 2, DEADLINE)


def test_who_comes_out_of_quarantine_and_fails_goes_back_at_once(quarantined: Field) -> None:
    quarantined.clock.advance(QUARANTINE)
    quarantined.wait_for_status("north", Status.CONNECTED)
    blow(quarantined, "site")
    wait_for_failure(quarantined, RESTART_LIMIT + 2)
    planned = quarantined.state("north").next_retry_at
    assert planned == pytest.approx(quarantined.clock().epoch + QUARANTINE, abs=DEADLINE)


def test_a_person_may_end_a_quarantine(quarantined: Field) -> None:
    quarantined.runtime.tell(RestartSite(quarantined.id("north")))
    quarantined.wait_for_status("north", Status.CONNECTED)


def test_what_a_failed_site_had_opened_is_let_go(mined: Field) -> None:
    actors = len(mined.runtime.system.base.actorRegistry)
    blow(mined, "site")
    wait_for_failure(mined, 1)
    mined.wait_for_status("north", Status.CONNECTED)
    assert len(mined.runtime.poller.sessions) == 2
    assert len(mined.runtime.system.base.actorRegistry) == actors
    assert not mined.runtime.system.base.fallen


def test_a_site_whose_actor_fails_can_still_be_stopped(quarantined: Field) -> None:
    quarantined.want("north", False)
    quarantined.wait_for_status("north", Status.DISCONNECTED)
    quarantined.clock.advance(QUARANTINE)
    wait_for_a_tick(quarantined)
    assert quarantined.state("north").status is Status.DISCONNECTED


def test_a_site_that_is_stopped_and_started_in_its_quarantine_is_begun_again_at_once(quarantined: Field) -> None:
    quarantined.want("north", False)
    quarantined.wait_for_status("north", Status.DISCONNECTED)
    quarantined.want("north", True)
    quarantined.wait_for_status("north", Status.CONNECTED)


def test_a_decision_about_a_device_reaches_the_actor_that_came_after(mined: Field) -> None:
    blow(mined, "site")
    wait_for_failure(mined, 1)
    mined.wait_for_status("north", Status.CONNECTED)
    id = mined.sensors("north")["A"].id
    assert id is not None
    mined.runtime.tell(RelabelDevice(Kind.SENSOR, id, "Mid span"))
    mined.publish(heartbeat(mined.code("north"), "A", number=3))
    assert wait_until(lambda: mined.sensors("north")["A"].total_readings == 2, DEADLINE)
    assert mined.sensors("north")["A"].label == "Mid span"


def test_a_decision_that_is_taken_while_a_site_has_no_actor_is_carried_out_afterwards(quarantined: Field) -> None:
    id = quarantined.sensors("north")["A"].id
    assert id is not None
    topic = f"{quarantined.code('north')}/datalogger/monstro/2/heartbeat"
    quarantined.runtime.tell(RelabelDevice(Kind.SENSOR, id, "Mid span"))
    quarantined.runtime.tell(PauseTopic(quarantined.id("north"), topic, False))
    quarantined.clock.advance(QUARANTINE)
    quarantined.wait_for_status("north", Status.CONNECTED)
    beat(quarantined, 3)
    assert wait_until(lambda: heard(quarantined)["A"] == 2, DEADLINE)
    assert quarantined.sensors("north")["A"].label == "Mid span"
    assert heard(quarantined)["C"] == 1, "its topic is paused"
