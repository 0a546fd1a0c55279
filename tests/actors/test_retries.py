"""A link that is lost is dialled again, ever more slowly (rows B4, B5 and B10)."""

from collections.abc import Callable

import pytest
from servers.mosquitto import Mosquitto
from servers.ports import free_port
from servers.process import wait_until
from sitewarden.actors.backoff import PROOF_SECONDS
from sitewarden.store.records import Availability, Status

from .bad_brokers import kicking
from .field import DEADLINE, Field, heartbeat

RETRY_DELAY = 100.0  # seconds of the test's clock
MAX_RETRY_DELAY = 300.0

STORED_TO = 1e-5  # seconds: the database keeps whole microseconds


@pytest.fixture
def refused(field: Field) -> Field:
    """A field whose site, `north`, has been refused once and waits for its retry."""
    field.save("north", broker_port=free_port(), retry_delay=RETRY_DELAY, max_retry_delay=MAX_RETRY_DELAY)
    field.start()
    field.wait_for_status("north", Status.BACKING_OFF)
    return field


def delay(field: Field) -> float:
    """How long the last planned retry waits, by the connection's log and state."""
    state = field.state("north")
    assert state.next_retry_at is not None
    return state.next_retry_at - field.connection_log("north")[-1].at


def wait_for_retry(field: Field, count: int) -> None:
    def is_planned() -> bool:
        log = field.connection_log("north")
        return bool(log) and log[-1].status is Status.BACKING_OFF and log[-1].retry_attempt == count

    assert wait_until(is_planned, DEADLINE), field.connection_log("north")


def test_a_link_that_fails_again_waits_twice_as_long_up_to_the_cap(refused: Field) -> None:
    """B4."""
    delays = []
    for count in range(1, 5):
        wait_for_retry(refused, count)
        delays.append(delay(refused))
        refused.clock.advance(delays[-1])
    assert delays == pytest.approx([100, 200, 300, 300], abs=0.01)


def test_a_retry_is_not_made_before_its_time(refused: Field) -> None:
    """B4."""
    refused.clock.advance(RETRY_DELAY / 2)
    # A tick later, and with a question answered after it, nothing has been dialled.
    ticked = refused.clock().monotonic + 1
    assert wait_until(lambda: refused.clock().monotonic > ticked, DEADLINE)
    assert refused.state("north").retry_count == 1
    assert refused.connection_log("north")[-1].status is Status.BACKING_OFF


def test_the_place_in_the_backoff_is_in_the_database_and_taken_up_after_a_restart(refused: Field) -> None:
    """B4."""
    wait_for_retry(refused, 1)
    refused.clock.advance(RETRY_DELAY)
    wait_for_retry(refused, 2)
    planned = pytest.approx(refused.state("north").next_retry_at, abs=STORED_TO)
    stored = refused.memory("north").state
    assert (stored.retry_count, stored.next_retry_at) == (2, planned)

    refused.restart()
    refused.wait_for_status("north", Status.BACKING_OFF)
    state = refused.state("north")
    assert (state.retry_count, state.next_retry_at) == (2, planned)
    assert state.reason.startswith("waits for the retry that was planned before the restart: ")
    refused.clock.advance(2 * RETRY_DELAY)
    wait_for_retry(refused, 3)


def test_a_retry_whose_time_has_passed_while_we_were_away_is_made_at_once(refused: Field) -> None:
    """B4."""
    wait_for_retry(refused, 1)
    refused.stop()
    refused.clock.advance(10 * RETRY_DELAY)
    refused.runtime = refused.new_runtime()
    refused.start()
    wait_for_retry(refused, 2)


def test_an_orderly_stop_of_a_connected_link_keeps_its_count(
    private_mosquitto: Callable[..., Mosquitto], make_field: Callable[..., Field]
) -> None:
    """B4, B5: a process restart is no proof of a link."""
    broker = private_mosquitto()
    field = make_field(broker)
    field.save("north", retry_delay=RETRY_DELAY)
    broker.stop()
    field.start()
    field.wait_for_status("north", Status.BACKING_OFF)
    broker.start()
    field.clock.advance(RETRY_DELAY)
    field.wait_for_status("north", Status.CONNECTED)
    field.restart()
    field.wait_for_status("north", Status.CONNECTED)
    assert field.state("north").retry_count == 1


def test_the_count_starts_again_only_when_the_link_has_held(
    private_mosquitto: Callable[..., Mosquitto], make_field: Callable[..., Field]
) -> None:
    """B5."""
    broker = private_mosquitto()
    field = make_field(broker)
    field.save("north", retry_delay=RETRY_DELAY, keep_alive_interval=50)
    field.connect("north")
    broker.kill()
    field.wait_for_status("north", Status.BACKING_OFF)
    broker.start()
    field.clock.advance(RETRY_DELAY)
    field.wait_for_status("north", Status.CONNECTED)
    field.clock.advance(PROOF_SECONDS + 10)  # two keep-alives are longer
    looked = field.clock().monotonic + 1.5  # each link is looked at once a second
    assert wait_until(lambda: field.clock().monotonic > looked, DEADLINE)
    assert field.state("north").retry_count == 1
    field.clock.advance(2 * 50)
    assert wait_until(lambda: field.state("north").retry_count == 0, DEADLINE)
    assert wait_until(lambda: field.memory("north").state.retry_count == 0, DEADLINE)


def test_a_broker_that_kicks_is_backed_off_from(field: Field) -> None:
    """B5, B8: paho does not dial again by itself either."""
    with kicking() as port:
        field.save("north", broker_port=port, retry_delay=RETRY_DELAY, max_retry_delay=MAX_RETRY_DELAY)
        field.start()
        for count in (1, 2):
            wait_for_retry(field, count)
            assert field.state("north").error_kind == "kicked"
            field.clock.advance(delay(field))
        wait_for_retry(field, 3)
    assert field.state("north").connection_errors == 3


def test_the_devices_of_a_lost_link_stay_and_answer(
    private_mosquitto: Callable[..., Mosquitto], make_field: Callable[..., Field]
) -> None:
    """B10."""
    broker = private_mosquitto()
    field = make_field(broker)
    field.save("north", retry_delay=RETRY_DELAY)
    field.connect("north")
    field.publish(heartbeat(field.code("north"), "A", "B"))
    assert wait_until(lambda: len(field.sensors("north")) == 2, DEADLINE)
    readings = {serial: sensor.readings for serial, sensor in field.sensors("north").items()}
    broker.kill()
    field.wait_for_status("north", Status.BACKING_OFF)
    sensors = field.sensors("north")
    assert {serial: sensor.readings for serial, sensor in sensors.items()} == readings
    assert {sensor.availability for sensor in sensors.values()} == {Availability.UNKNOWN}
