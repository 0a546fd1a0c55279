"""A gateway that goes offline takes nobody's good name with it (row E4), by a clock that the test moves."""

from collections.abc import Callable

import pytest
from servers.process import wait_until
from sitewarden.store.records import Availability, DataloggerRecord, SensorRecord, Status

from .field import DEADLINE, Field, Message, gateway_heartbeat, heartbeat

INTERVAL = 100.0  # seconds of the test's clock
MULTIPLIER = 3
SILENCE = MULTIPLIER * INTERVAL
CHECKED_AFTER = 2.5  # seconds; each site is looked at once a second, and a gateway's answer is used the next time
MARGIN = 40.0  # for what the test itself takes


@pytest.fixture
def site(field: Field) -> Field:
    """`north` with a gateway, a datalogger and two sensors that were heard just now."""
    field.save("north", heartbeat_interval=INTERVAL, heartbeat_timeout_multiplier=MULTIPLIER)
    field.connect("north")
    field.publish(gateway_heartbeat(field.code("north")), heartbeat(field.code("north"), "A", "B"))
    assert wait_until(lambda: len(field.gateways("north")) + len(field.sensors("north")) == 3, DEADLINE)
    wait_for_a_check(field)
    return field


def wait_for_a_check(field: Field) -> None:
    checked = field.clock().monotonic + CHECKED_AFTER
    assert wait_until(lambda: field.clock().monotonic > checked, DEADLINE)


def behind(field: Field) -> list[DataloggerRecord | SensorRecord]:
    return [*field.dataloggers("north").values(), *field.sensors("north").values()]


def wait_for(field: Field, availability: Availability, cause: str) -> None:
    def are_so() -> bool:
        return {(device.availability, device.availability_cause) for device in behind(field)} == {(availability, cause)}

    assert wait_until(are_so, DEADLINE), [(d.key, d.availability, d.availability_cause) for d in behind(field)]


def wait_for_gateway(field: Field, availability: Availability) -> None:
    assert wait_until(lambda: field.gateways("north")["gateway/1"].availability is availability, DEADLINE)


def hear_gateway_alone(field: Field) -> None:
    """Let the devices' deadline pass, with a heartbeat of the gateway in the middle of it."""
    heartbeats = field.gateways("north")["gateway/1"].total_heartbeats
    field.clock.advance(SILENCE / 2)
    field.publish(gateway_heartbeat(field.code("north")))
    assert wait_until(lambda: field.gateways("north")["gateway/1"].total_heartbeats == heartbeats + 1, DEADLINE)
    wait_for_a_check(field)
    field.clock.advance(SILENCE / 2)


def told(field: Field) -> list[tuple[str, str]]:
    """The events, oldest first."""
    return [(event.event, event.message) for event in reversed(field.events("north"))]


def test_a_gateway_that_goes_offline_is_one_event_and_what_is_behind_it_is_unknown(site: Field) -> None:
    site.clock.advance(SILENCE)
    wait_for_gateway(site, Availability.OFFLINE)
    wait_for(site, Availability.UNKNOWN, "gateway_offline")
    assert wait_until(lambda: len(told(site)) == 1, DEADLINE)
    assert told(site) == [
        ("gateway_offline", "the gateway is offline; 3 devices behind it are unknown while they are silent too")
    ]
    site.clock.advance(10 * SILENCE)
    wait_for_a_check(site)
    wait_for(site, Availability.UNKNOWN, "gateway_offline")
    datalogger, sensor = site.dataloggers("north")["monstro/1"], site.sensors("north")["A"]
    assert (datalogger.missed_heartbeats, datalogger.last_downtime_start) == (0, None)
    assert sensor.consecutive_misses == 0
    assert datalogger.observed_seconds == datalogger.online_seconds


def test_a_gateway_that_is_back_is_told_of_and_its_devices_have_a_deadline_to_be_heard(site: Field) -> None:
    site.clock.advance(SILENCE)
    wait_for(site, Availability.UNKNOWN, "gateway_offline")
    site.publish(gateway_heartbeat(site.code("north")))
    wait_for_gateway(site, Availability.ONLINE)
    assert wait_until(lambda: [event for event, _ in told(site)] == ["gateway_offline", "gateway_online"], DEADLINE)
    wait_for_a_check(site)
    assert {device.availability for device in behind(site)} == {Availability.UNKNOWN}
    site.publish(heartbeat(site.code("north"), "A", "B", number=1))
    wait_for(site, Availability.ONLINE, "")


def test_a_device_that_is_still_silent_after_its_gateway_is_back_is_offline(site: Field) -> None:
    site.clock.advance(SILENCE)
    wait_for(site, Availability.UNKNOWN, "gateway_offline")
    site.publish(gateway_heartbeat(site.code("north")))
    wait_for_gateway(site, Availability.ONLINE)
    wait_for_a_check(site)
    hear_gateway_alone(site)
    wait_for(site, Availability.OFFLINE, "")
    datalogger = site.dataloggers("north")["monstro/1"]
    assert datalogger.observed_seconds - datalogger.online_seconds == pytest.approx(SILENCE, abs=MARGIN)


def test_a_device_that_is_heard_while_its_gateway_is_offline_is_online(site: Field) -> None:
    site.clock.advance(SILENCE - MARGIN)
    site.publish(heartbeat(site.code("north"), "A", "B", number=1))
    assert wait_until(lambda: site.sensors("north")["A"].total_readings == 2, DEADLINE)
    site.clock.advance(MARGIN)
    wait_for_gateway(site, Availability.OFFLINE)
    wait_for_a_check(site)
    wait_for(site, Availability.ONLINE, "")
    # It does without the gateway: its silence is its own.
    site.clock.advance(SILENCE)
    wait_for(site, Availability.OFFLINE, "")


def test_a_device_that_is_silent_while_its_gateway_is_heard_is_offline(site: Field) -> None:
    hear_gateway_alone(site)
    wait_for(site, Availability.OFFLINE, "")
    assert site.gateways("north")["gateway/1"].availability is Availability.ONLINE
    assert told(site) == []


def test_a_device_whose_deadline_is_over_first_waits_for_its_gateways(site: Field) -> None:
    """Its silence and the gateway's began together: whose it is will be known when the gateway is judged."""
    site.publish(heartbeat(site.code("north"), "A", "B", number=1, message_interval_seconds=20))
    assert wait_until(lambda: site.sensors("north")["A"].total_readings == 2, DEADLINE)
    site.clock.advance(INTERVAL)
    wait_for(site, Availability.UNKNOWN, "gateway_silent")
    site.clock.advance(SILENCE)
    wait_for(site, Availability.UNKNOWN, "gateway_offline")
    assert site.dataloggers("north")["monstro/1"].missed_heartbeats == 0


def test_a_gateway_whose_loss_was_told_before_a_restart_is_told_to_be_back_after_it(site: Field) -> None:
    site.clock.advance(SILENCE)
    wait_for_gateway(site, Availability.OFFLINE)
    assert wait_until(lambda: len(told(site)) == 1, DEADLINE)
    site.restart()
    site.wait_for_status("north", Status.CONNECTED)

    def is_heard_live() -> bool:
        # One that comes before the last of what the broker kept proves nothing yet.
        site.publish(gateway_heartbeat(site.code("north")))
        return site.gateways("north")["gateway/1"].availability is Availability.ONLINE

    assert wait_until(is_heard_live, DEADLINE)
    assert wait_until(lambda: [event for event, _ in told(site)] == ["gateway_offline", "gateway_online"], DEADLINE)


def test_one_of_two_gateways_takes_nobody_with_it(make_field: Callable[..., Field]) -> None:
    field = make_field()
    field.save("north", heartbeat_interval=INTERVAL, heartbeat_timeout_multiplier=MULTIPLIER)
    field.connect("north")
    other = Message(f"{field.code('north')}/gateway/2/heartbeat", b"{}")
    field.publish(gateway_heartbeat(field.code("north")), other, heartbeat(field.code("north"), "A"))
    assert wait_until(lambda: len(field.gateways("north")) == 2 and len(behind(field)) == 2, DEADLINE)
    field.clock.advance(SILENCE / 2)
    field.publish(other)
    wait_for_a_check(field)
    field.clock.advance(SILENCE / 2)
    wait_for_gateway(field, Availability.OFFLINE)
    wait_for(field, Availability.OFFLINE, "")
    assert wait_until(lambda: len(told(field)) == 1, DEADLINE)
    assert "another one of its site is not" in told(field)[0][1]
