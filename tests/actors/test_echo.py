"""What our own presence proves when it comes back, and when it does not (row B13)."""

import pytest
from sitewarden.actors.echo import LONGEST_DRAIN, NO_ECHO, NOTES, Echo
from sitewarden.actors.watchdog import Look, Watchdog

DEADLINE = 180.0  # of the devices, seconds
PATIENCE = 10.0


@pytest.fixture
def echo() -> Echo:
    return Echo(Watchdog(interval=60.0, factor=5.0, patience=PATIENCE))


def test_a_kept_session_drains_until_the_echo_comes(echo: Echo) -> None:
    echo.opened(session_present=True, deadline=DEADLINE, now=0.0)
    assert echo.is_draining
    echo.came(1.0)
    assert not echo.is_draining
    assert echo.at == 1.0


def test_a_kept_session_without_an_echo_counts_as_live_in_the_end(echo: Echo) -> None:
    echo.opened(session_present=True, deadline=DEADLINE, now=0.0)
    echo.look(is_held_up=True, now=LONGEST_DRAIN)
    assert not echo.is_draining


def test_a_new_session_has_nothing_to_drain(echo: Echo) -> None:
    echo.opened(session_present=False, deadline=DEADLINE, now=0.0)
    assert not echo.is_draining


def test_an_echo_that_does_not_come_is_told_once(echo: Echo) -> None:
    echo.opened(session_present=False, deadline=DEADLINE, now=0.0)
    assert echo.look(is_held_up=False, now=LONGEST_DRAIN - 1) is None
    assert echo.look(is_held_up=False, now=LONGEST_DRAIN) is NO_ECHO
    assert echo.look(is_held_up=False, now=LONGEST_DRAIN + 1) is None


def test_an_echo_that_waits_behind_what_we_have_not_acknowledged_is_not_missed(echo: Echo) -> None:
    """While the database is away the broker sends nothing more."""
    echo.opened(session_present=False, deadline=DEADLINE, now=0.0)
    for now in (LONGEST_DRAIN, DEADLINE, 2 * DEADLINE):
        assert echo.look(is_held_up=True, now=now) is None
    echo.came(2 * DEADLINE)
    assert echo.look(is_held_up=False, now=2 * DEADLINE + 1) is None


def test_a_silence_is_asked_into_and_what_comes_of_it_is_told(echo: Echo) -> None:
    echo.opened(session_present=False, deadline=DEADLINE, now=0.0)
    echo.came(1.0)
    assert echo.look(is_held_up=False, now=DEADLINE) is Look.ASK
    echo.came(DEADLINE)
    assert echo.look(is_held_up=False, now=DEADLINE + 1) is NOTES[Look.DEVICES_SILENT]
    assert echo.look(is_held_up=False, now=2 * DEADLINE) is Look.ASK
    assert echo.look(is_held_up=False, now=2 * DEADLINE + PATIENCE) is Look.STALLED
