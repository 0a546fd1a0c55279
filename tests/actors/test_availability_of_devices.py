"""Who is alive, as far as we can know, by a clock that the test moves (rows C6, C10, E1, E3)."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from servers.mosquitto import Mosquitto
from servers.process import wait_until
from sitewarden.actors.messages import MarkDevice, RestartSite
from sitewarden.store.records import Availability, DeviceRecord, Kind, Status

from .field import DEADLINE, Field, gateway_heartbeat, heartbeat

INTERVAL = 100.0  # seconds of the test's clock
MULTIPLIER = 3
CHECKED_AFTER = 1.5  # seconds; each site is looked at once a second
MARGIN = 40.0  # for what the test itself takes
DAY = 86_400.0
SITES = ("north", "south")
ONLINE, OFFLINE, UNKNOWN = Availability.ONLINE, Availability.OFFLINE, Availability.UNKNOWN


def devices(field: Field) -> list[DeviceRecord]:
    return [
        *field.gateways("south").values(),
        *field.dataloggers("north").values(),
        *field.sensors("north").values(),
    ]


def wait_for_all(field: Field, availability: Availability, count: int = 3) -> None:
    def are_so() -> bool:
        return [device.availability for device in devices(field)] == [availability] * count

    assert wait_until(are_so, DEADLINE), [(device.key, device.availability) for device in devices(field)]


def wait_for_a_check(field: Field) -> None:
    """Wait until each device has been looked at once more."""
    checked = field.clock().monotonic + CHECKED_AFTER
    assert wait_until(lambda: field.clock().monotonic > checked, DEADLINE)


def beat(field: Field, number: int, **fields: object) -> None:
    field.publish(
        gateway_heartbeat(field.code("south"), **fields), heartbeat(field.code("north"), "A", number=number, **fields)
    )


@pytest.fixture
def broker(private_mosquitto: Callable[..., Mosquitto]) -> Mosquitto:
    return private_mosquitto(is_persistent=True)


@pytest.fixture
def alive(broker: Mosquitto, make_field: Callable[..., Field]) -> Field:
    """`north` with a datalogger and a sensor, `south` with a gateway, so that nobody is behind it; all heard now."""
    field = make_field(broker)
    for name in SITES:
        field.save(
            name, heartbeat_interval=INTERVAL, heartbeat_timeout_multiplier=MULTIPLIER, retry_delay=1, max_retry_delay=1
        )
    field.connect(*SITES)
    beat(field, 0)
    wait_for_all(field, ONLINE)
    return field


@contextmanager
def outage(field: Field) -> Iterator[None]:
    """Have the broker gone, and wait until it is connected to again."""
    field.broker.stop()
    for name in SITES:
        field.wait_for_status(name, Status.BACKING_OFF)
    yield
    field.broker.start()
    for name in SITES:
        field.runtime.tell(RestartSite(field.id(name)))
        field.wait_for_status(name, Status.CONNECTED)


def test_a_silent_device_is_offline_after_the_multiplier_times_its_interval(alive: Field) -> None:
    """E1."""
    alive.clock.advance(MULTIPLIER * INTERVAL - MARGIN)
    wait_for_a_check(alive)
    assert {device.availability for device in devices(alive)} == {ONLINE}
    alive.clock.advance(MARGIN)
    wait_for_all(alive, OFFLINE)
    datalogger = alive.dataloggers("north")["monstro/1"]
    assert datalogger.missed_heartbeats == 2
    assert datalogger.last_downtime_start == pytest.approx(datalogger.last_heartbeat, abs=DEADLINE)
    assert alive.sensors("north")["A"].consecutive_misses == 2
    beat(alive, 1)
    wait_for_all(alive, ONLINE)
    assert alive.sensors("north")["A"].consecutive_misses == 0


def test_the_interval_that_a_device_declares_goes_before_the_connections(alive: Field) -> None:
    """E1."""
    beat(alive, 1, message_interval_seconds=10)
    assert wait_until(lambda: {d.total_heartbeats for d in alive.dataloggers("north").values()} == {2}, DEADLINE)
    alive.clock.advance(MULTIPLIER * 10)
    wait_for_all(alive, OFFLINE)


def test_online_and_observed_time_are_charged_once(alive: Field) -> None:
    """E5's ground: the time online, and the time in which the device could be heard."""
    alive.clock.advance(INTERVAL)
    beat(alive, 1)
    assert wait_until(lambda: alive.sensors("north")["A"].total_readings == 2, DEADLINE)
    alive.clock.advance(MULTIPLIER * INTERVAL)
    wait_for_all(alive, OFFLINE)
    for device in devices(alive):
        assert device.observed_seconds == pytest.approx((MULTIPLIER + 1) * INTERVAL, abs=DEADLINE)
        # The silence that ended in `offline` was downtime from its beginning.
        assert device.online_seconds == pytest.approx(INTERVAL, abs=DEADLINE)


def test_a_device_is_not_charged_for_the_time_before_it_was_discovered(alive: Field) -> None:
    """E5's ground."""
    alive.clock.advance(DAY)
    wait_for_all(alive, OFFLINE)
    alive.publish(heartbeat(alive.code("north"), "B", instance=2))
    assert wait_until(lambda: "B" in alive.sensors("north"), DEADLINE)
    assert alive.sensors("north")["B"].observed_seconds < DEADLINE
    assert alive.dataloggers("north")["monstro/2"].observed_seconds < DEADLINE


def test_while_our_link_is_down_nobody_is_offline_and_nothing_is_charged(alive: Field) -> None:
    """E3."""
    with outage(alive):
        wait_for_all(alive, UNKNOWN)
        assert {device.availability_cause for device in devices(alive)} == {"link_down"}
        before = devices(alive)
        alive.clock.advance(DAY)
        wait_for_a_check(alive)
        assert devices(alive) == before
    wait_for_all(alive, UNKNOWN)
    alive.clock.advance(MULTIPLIER * INTERVAL - MARGIN)
    wait_for_a_check(alive)
    wait_for_all(alive, UNKNOWN)
    beat(alive, 1)
    wait_for_all(alive, ONLINE)
    assert {device.last_downtime_start for device in alive.dataloggers("north").values()} == {None}


def test_a_device_that_stays_silent_after_our_outage_is_offline_when_its_deadline_is_over(alive: Field) -> None:
    """E3."""
    with outage(alive):
        alive.clock.advance(DAY)
    wait_for_all(alive, UNKNOWN)
    alive.clock.advance(MULTIPLIER * INTERVAL)
    wait_for_all(alive, OFFLINE)
    assert alive.dataloggers("north")["monstro/1"].missed_heartbeats < MULTIPLIER


@pytest.mark.parametrize("step", [DAY, -DAY])
def test_setting_the_servers_clock_makes_nobody_look_dead(alive: Field, step: float) -> None:
    """E1, D6: liveness goes by the monotonic clock."""
    alive.clock.set_wall(step)
    wait_for_a_check(alive)
    assert {device.availability for device in devices(alive)} == {ONLINE}
    assert alive.state("north").status is Status.CONNECTED
    beat(alive, 1)
    assert wait_until(lambda: alive.sensors("north")["A"].total_readings == 2, DEADLINE)
    assert max(device.observed_seconds for device in devices(alive)) < INTERVAL
    assert alive.dataloggers("north")["monstro/1"].missed_heartbeats == 0


def test_a_retained_message_fills_in_what_is_known_and_makes_nobody_online(field: Field) -> None:
    """C6."""
    gateway = gateway_heartbeat(field.code("south"))
    field.publish(heartbeat(field.code("north"), "A")._replace(retain=True), gateway._replace(retain=True))
    for name in SITES:
        field.save(name)
    field.connect(*SITES)
    assert wait_until(lambda: len(devices(field)) == 3, DEADLINE)
    assert {device.availability for device in devices(field)} == {Availability.NEVER_SEEN}
    assert field.sensors("north")["A"].readings[0].channels["acc02"] == 1.0
    assert field.topics("south")["gateway/heartbeat"].message_count == 1
    assert [d.total_heartbeats for d in (*field.gateways("south").values(), *field.dataloggers("north").values())] == [
        0,
        0,
    ]
    field.restart()
    field.wait_for_status("north", Status.CONNECTED)
    assert wait_until(lambda: field.sensors("north")["A"].total_messages == 2, DEADLINE)
    assert field.sensors("north")["A"].total_readings == 1
    assert {device.availability for device in devices(field)} == {Availability.NEVER_SEEN}


def test_what_was_published_while_we_were_away_is_counted_once_and_proves_nobody_alive(alive: Field) -> None:
    """C10: the broker keeps our session; E3."""
    alive.stop()
    for number in range(1, 11):
        beat(alive, number)
    alive.clock.advance(DAY)
    alive.runtime = alive.new_runtime()
    alive.connect(*SITES)
    assert wait_until(lambda: alive.sensors("north")["A"].total_readings == 11, DEADLINE)
    assert wait_until(lambda: alive.gateways("south")["gateway/1"].total_heartbeats == 11, DEADLINE)
    assert alive.dataloggers("north")["monstro/1"].total_heartbeats == 11
    assert {(device.availability, device.availability_cause) for device in devices(alive)} == {(UNKNOWN, "restarted")}
    assert "its session was kept" in alive.state("north").reason
    numbers = itertools.count(11)

    def is_heard_live() -> bool:
        # One that comes before the last of what was kept proves nothing yet.
        beat(alive, next(numbers))
        return {(device.availability, device.availability_cause) for device in devices(alive)} == {(ONLINE, "")}

    assert wait_until(is_heard_live, DEADLINE)


def test_our_client_id_is_stable_and_names_the_installation(alive: Field) -> None:
    """C10."""
    client_id = f"sitewarden_{alive.code('north')}_{alive.store.installation_id()}"
    alive.restart()
    alive.wait_for_status("north", Status.CONNECTED)
    assert wait_until(lambda: alive.broker.log.read_text().count(f" as {client_id} ") == 2, DEADLINE)


def test_a_deleted_device_is_charged_nothing_and_is_unknown_when_it_is_restored(alive: Field) -> None:
    """D8: its messages are ignored, so its silence is our doing."""
    id = alive.dataloggers("north")["monstro/1"].id
    assert id is not None
    alive.runtime.tell(MarkDevice(Kind.DATALOGGER, id, True))
    assert wait_until(lambda: alive.dataloggers("north")["monstro/1"].is_deleted, DEADLINE)
    alive.clock.advance(10 * MULTIPLIER * INTERVAL)
    wait_for_a_check(alive)
    alive.runtime.tell(MarkDevice(Kind.DATALOGGER, id, False))
    assert wait_until(lambda: not alive.dataloggers("north")["monstro/1"].is_deleted, DEADLINE)
    beat(alive, 2)
    assert wait_until(lambda: alive.dataloggers("north")["monstro/1"].total_heartbeats == 2, DEADLINE)
    logger, sensor = alive.dataloggers("north")["monstro/1"], alive.sensors("north")["A"]
    assert logger.missed_heartbeats == 0
    assert logger.last_downtime_start is None
    assert sensor.consecutive_misses == 0
