import pytest
from sitewarden.actors.availability import GatewaySilence, Liveness
from sitewarden.store.records import Availability

DEADLINE = 90.0
INTERVAL = 30.0


def test_a_device_that_was_never_heard_is_never_seen_whatever_the_link_does() -> None:
    device = Liveness(ever_heard=False, link_up_since=None)
    assert device.verdict(0, DEADLINE) is Availability.NEVER_SEEN
    device.link_up(0)
    assert device.verdict(10_000, DEADLINE) is Availability.NEVER_SEEN


def test_a_heartbeat_makes_a_device_online_until_its_deadline() -> None:
    device = Liveness(ever_heard=False, link_up_since=0)
    device.hear(100)
    assert device.verdict(190, DEADLINE) is Availability.ONLINE
    assert device.verdict(190.1, DEADLINE) is Availability.OFFLINE


def test_while_our_link_is_down_a_device_is_unknown_however_long() -> None:
    device = Liveness(ever_heard=False, link_up_since=0)
    device.hear(10)
    device.link_down(20)
    assert device.verdict(20, DEADLINE) is Availability.UNKNOWN
    assert device.verdict(100_000, DEADLINE) is Availability.UNKNOWN


def test_after_our_outage_a_device_has_a_whole_deadline_to_be_heard_again() -> None:
    device = Liveness(ever_heard=True, link_up_since=None)
    device.link_up(1_000)
    assert device.verdict(1_090, DEADLINE) is Availability.UNKNOWN
    assert device.verdict(1_091, DEADLINE) is Availability.OFFLINE


def test_what_was_heard_before_an_outage_is_no_sign_of_life_after_it() -> None:
    device = Liveness(ever_heard=False, link_up_since=0)
    device.hear(99)
    device.link_down(100)
    device.link_up(101)
    assert device.verdict(102, DEADLINE) is Availability.UNKNOWN


def test_uptime_charges_each_second_once_to_what_was_true_in_it() -> None:
    device = Liveness(ever_heard=True, link_up_since=0)
    assert device.hear(10) == (0.0, 0.0)
    assert device.hear(40) == (30.0, 30.0)
    assert device.become(Availability.OFFLINE, 130) == (0.0, 90.0)
    assert device.hear(200) == (0.0, 70.0)
    assert device.hear(230) == (30.0, 30.0)


def test_a_device_that_appears_long_after_the_link_has_no_downtime() -> None:
    device = Liveness(ever_heard=False, link_up_since=0)
    assert device.hear(3600) == (0.0, 0.0)
    assert device.hear(3630) == (30.0, 30.0)


def test_a_device_that_stays_silent_after_our_outage_was_down_since_the_link_is_back() -> None:
    device = Liveness(ever_heard=True, link_up_since=None)
    device.link_up(100)
    assert device.become(Availability.OFFLINE, 200) == (0.0, 100.0)


def test_a_link_that_flaps_costs_nobody_uptime() -> None:
    device = Liveness(ever_heard=True, link_up_since=0)
    spent = [(0.0, 0.0)]
    for start in range(0, 1000, 100):
        device.link_up(start)
        spent += [device.hear(start + 20), device.hear(start + 50), device.link_down(start + 60)]
    assert [sum(column) for column in zip(*spent, strict=True)] == [400.0, 400.0]


def test_our_own_outage_is_nobodys_downtime() -> None:
    device = Liveness(ever_heard=False, link_up_since=0)
    device.hear(0)
    assert device.link_down(10) == (10.0, 10.0)
    device.link_up(500)
    assert device.hear(505) == (0.0, 0.0)
    assert device.hear(515) == (10.0, 10.0)


def test_heartbeats_are_missed_one_by_one_and_each_is_told_once() -> None:
    device = Liveness(ever_heard=False, link_up_since=0)
    device.hear(0)
    told = [device.new_misses(now, INTERVAL) for now in (30, 44, 46, 60, 76, 200)]
    assert told == [0, 0, 1, 0, 1, 4]


def test_no_heartbeat_is_missed_while_our_link_is_down() -> None:
    device = Liveness(ever_heard=False, link_up_since=0)
    device.hear(0)
    device.link_down(1)
    assert device.new_misses(10_000, INTERVAL) == 0
    device.link_up(10_000)
    assert device.new_misses(10_001, INTERVAL) == 0


@pytest.mark.parametrize(
    ("silent_since", "interval", "is_explained"),
    [(1000, 30, True), (970, 30, True), (1060, 30, True), (939, 30, False), (1061, 30, False), (880, 120, True)],
)
def test_a_silence_that_began_with_the_gateways_is_put_down_to_them(
    silent_since: float, interval: float, is_explained: bool
) -> None:
    gateways = GatewaySilence(since=1000, interval=60, is_offline=True)
    assert gateways.explains(silent_since, interval) is is_explained


def test_a_silence_behind_gateways_that_are_offline_is_charged_to_nobody() -> None:
    device = Liveness(ever_heard=True, link_up_since=0)
    device.hear(10)
    device.shadow(200)
    assert device.hear(500) == (0.0, 0.0)
    assert device.hear(530) == (30.0, 30.0)


def test_a_device_has_a_whole_deadline_to_be_heard_after_its_gateway_is_back() -> None:
    device = Liveness(ever_heard=True, link_up_since=0)
    device.hear(10)
    device.shadow(200)
    device.link_up(500)
    assert not device.is_shadowed
    assert device.verdict(500 + DEADLINE, DEADLINE) is Availability.UNKNOWN
    assert device.verdict(501 + DEADLINE, DEADLINE) is Availability.OFFLINE
