"""A silence is looked into, and what it means is told (row B14)."""

import math

import pytest
from sitewarden.actors.watchdog import SHORTEST_SILENCE, Look, Watchdog

INTERVAL = 60.0  # seconds between a device's heartbeats
DEADLINE = 180.0
FACTOR = 5.0
PATIENCE = 10.0
HOUR = 3_600.0


@pytest.fixture
def watchdog() -> Watchdog:
    """One whose link has been open from 0 on, and has carried our own presence."""
    watchdog = Watchdog(INTERVAL, FACTOR, PATIENCE)
    watchdog.open(0.0, DEADLINE)
    watchdog.echoed(0.0)
    return watchdog


def hear(watchdog: Watchdog, gap: float, until: float = HOUR, at_once: int = 1) -> float:
    """Have messages come, `at_once` together after each gap; gives when the last one came."""
    now = 0.0
    while now + gap <= until:
        now += gap
        for _ in range(at_once):
            watchdog.heard(now)
    return now


@pytest.mark.parametrize(
    ("gap", "at_once", "silence"),
    [
        (1.0, 1, SHORTEST_SILENCE),
        (10.0, 1, 50.0),
        (10.0, 100, 50.0),  # a hundred devices in step
        (60.0, 1, DEADLINE),
        (60.0, 100, DEADLINE),
        (600.0, 1, DEADLINE),
    ],
)
def test_how_long_a_silence_may_last_is_learned_from_the_site(
    watchdog: Watchdog, gap: float, at_once: int, silence: float
) -> None:
    hear(watchdog, gap, at_once=at_once)
    assert watchdog.longest_silence == pytest.approx(silence, rel=0.02)


def test_before_anything_is_learned_the_devices_own_deadline_holds(watchdog: Watchdog) -> None:
    assert watchdog.look(DEADLINE - 1) is Look.NOTHING
    assert watchdog.look(DEADLINE) is Look.ASK


def test_devices_with_a_deadline_shorter_than_the_shortest_silence_are_asked_after_by_then() -> None:
    watchdog = Watchdog(5.0, FACTOR, PATIENCE)
    watchdog.open(0.0, 15.0)
    assert watchdog.look(15.0) is Look.ASK


def test_an_echo_within_the_silence_says_once_that_the_devices_are_silent(watchdog: Watchdog) -> None:
    looks = []
    for second in range(1, int(HOUR)):
        now = float(second)
        looks.append(watchdog.look(now))
        if looks[-1] is Look.ASK:
            watchdog.echoed(now)
    assert looks.count(Look.DEVICES_SILENT) == 1
    assert looks.count(Look.ASK) == math.floor((HOUR - 1) / DEADLINE)  # no more often than the silence may last
    assert set(looks) == {Look.NOTHING, Look.ASK, Look.DEVICES_SILENT}


def test_no_echo_where_one_came_before_is_a_stall_once_it_is_overdue(watchdog: Watchdog) -> None:
    assert watchdog.look(DEADLINE) is Look.ASK
    assert watchdog.look(DEADLINE + PATIENCE - 1) is Look.NOTHING
    assert watchdog.look(DEADLINE + PATIENCE) is Look.STALLED


def test_no_echo_where_none_ever_came_proves_nothing_and_is_told_once(watchdog: Watchdog) -> None:
    watchdog.open(0.0, DEADLINE)
    looks = [watchdog.look(float(second)) for second in range(int(HOUR))]
    assert looks.count(Look.UNPROVED) == 1
    assert Look.STALLED not in looks


def test_a_message_while_the_echo_is_awaited_ends_the_silence(watchdog: Watchdog) -> None:
    assert watchdog.look(DEADLINE) is Look.ASK
    watchdog.heard(DEADLINE + 1)
    assert watchdog.look(DEADLINE + PATIENCE) is Look.NOTHING


def test_that_the_site_is_heard_again_is_told_if_the_silence_was(watchdog: Watchdog) -> None:
    watchdog.look(DEADLINE)
    watchdog.echoed(DEADLINE)
    assert watchdog.look(DEADLINE) is Look.DEVICES_SILENT
    watchdog.heard(DEADLINE + 1)
    watchdog.heard(DEADLINE + 2)
    assert watchdog.look(DEADLINE + 2) is Look.RESUMED
    assert watchdog.look(DEADLINE + 3) is Look.NOTHING


def test_a_silence_that_ends_before_it_is_told_is_never_told(watchdog: Watchdog) -> None:
    watchdog.look(DEADLINE)
    watchdog.echoed(DEADLINE)
    watchdog.heard(DEADLINE)
    assert watchdog.look(DEADLINE) is Look.NOTHING


def test_while_the_broker_waits_for_us_its_silence_is_not_looked_into(watchdog: Watchdog) -> None:
    watchdog.hold(DEADLINE)
    assert watchdog.look(DEADLINE) is Look.NOTHING


def test_what_was_learned_outlives_the_link(watchdog: Watchdog) -> None:
    now = hear(watchdog, 1.0)
    watchdog.open(now, DEADLINE)
    assert watchdog.longest_silence == SHORTEST_SILENCE
