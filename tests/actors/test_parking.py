"""A link that is not mended by waiting is parked, probed now and then, and told of (row B6)."""

from collections.abc import Callable

import pytest
from servers.mosquitto import Mosquitto
from servers.ports import free_port
from servers.process import wait_until
from sitewarden.actors.backoff import PROOF_SECONDS
from sitewarden.actors.messages import ReconcileSite, RestartSite
from sitewarden.store.records import Status

from .field import DEADLINE, Field

RETRY_DELAY = 100.0  # seconds of the test's clock
PROBE_INTERVAL = 900.0
TOLERANCE = 10.0  # for what the test itself takes
TICKED = 0.5  # seconds: some ticks


def dials(field: Field) -> int:
    return [line.status for line in field.connection_log("north")].count(Status.CONNECTING)


def wait_for_dials(field: Field, count: int) -> None:
    """Wait until it was dialled so often, and the last dial has ended."""

    def has_ended() -> bool:
        log = field.connection_log("north")
        return dials(field) == count and bool(log) and log[-1].status is not Status.CONNECTING

    assert wait_until(has_ended, DEADLINE), field.connection_log("north")


def wait_for_ticks(field: Field) -> None:
    ticked = field.clock().monotonic + TICKED
    assert wait_until(lambda: field.clock().monotonic > ticked, DEADLINE)


def told(field: Field) -> list[str]:
    """The events, oldest first."""
    return [event.event for event in reversed(field.events("north"))]


@pytest.fixture
def parked(field: Field) -> Field:
    """A field whose site, `north`, was refused by a port where nobody listens until it was parked."""
    field.save("north", broker_port=free_port(), retry_delay=RETRY_DELAY, max_retry_delay=RETRY_DELAY, max_retries=2)
    field.start()
    for count in (1, 2):
        wait_for_dials(field, count)
        field.clock.advance(RETRY_DELAY)
    field.wait_for_status("north", Status.PARKED)
    wait_for_dials(field, 3)
    return field


def test_a_link_is_parked_when_its_retries_are_used_up_and_that_is_told_as_an_error(parked: Field) -> None:
    state = parked.state("north")
    assert (state.retry_count, state.error_kind) == (2, "refused")
    assert state.next_retry_at == pytest.approx(parked.clock().epoch + PROBE_INTERVAL, abs=TOLERANCE)
    line = parked.connection_log("north")[-1]
    assert (line.level, line.status) == ("ERROR", Status.PARKED)
    assert wait_until(lambda: told(parked) == ["connection_parked"], DEADLINE)
    assert "parked until it is restarted" in parked.events("north")[0].message


def test_a_parked_link_is_probed_once_per_interval_and_told_of_once(parked: Field) -> None:
    parked.clock.advance(PROBE_INTERVAL / 2)
    wait_for_ticks(parked)
    assert dials(parked) == 3
    for count in (4, 5):
        parked.clock.advance(PROBE_INTERVAL)
        wait_for_dials(parked, count)
        assert parked.state("north").status is Status.PARKED
    assert parked.state("north").retry_count == 2
    assert told(parked) == ["connection_parked"]


def test_what_no_waiting_mends_is_parked_at_once(field: Field) -> None:
    field.save("north", tls_mode="verify", tls_ca_file=str(field.directory / "missing.pem"))
    field.start()
    field.wait_for_status("north", Status.PARKED)
    assert (field.state("north").error_kind, field.state("north").retry_count) == ("config", 0)
    assert dials(field) == 1


def test_where_probes_are_off_a_parked_link_waits_for_a_person(make_field: Callable[..., Field]) -> None:
    field = make_field(mqtt={"parked_probe_interval": 0})
    field.save("north", broker_port=free_port(), max_retries=1, retry_delay=RETRY_DELAY, max_retry_delay=RETRY_DELAY)
    field.start()
    wait_for_dials(field, 1)
    field.clock.advance(RETRY_DELAY)
    field.wait_for_status("north", Status.PARKED)
    wait_for_dials(field, 2)
    assert field.state("north").next_retry_at is None
    field.clock.advance(100 * PROBE_INTERVAL)
    wait_for_ticks(field)
    assert dials(field) == 2
    field.runtime.tell(RestartSite(field.id("north")))
    wait_for_dials(field, 3)
    assert field.state("north").status is Status.BACKING_OFF, "a person's restart begins anew"


def test_a_restart_of_ours_keeps_a_parked_link_parked_until_its_probe(parked: Field) -> None:
    planned = parked.state("north").next_retry_at
    parked.restart()
    parked.wait_for_status("north", Status.PARKED)
    assert parked.state("north").next_retry_at == pytest.approx(planned, abs=TOLERANCE)
    wait_for_ticks(parked)
    assert dials(parked) == 3
    parked.clock.advance(PROBE_INTERVAL)
    wait_for_dials(parked, 4)
    assert parked.state("north").status is Status.PARKED
    assert told(parked) == ["connection_parked"]


def test_a_link_that_was_configured_anew_while_we_were_away_is_dialled_at_once(parked: Field) -> None:
    parked.stop()
    parked.save("north")
    parked.runtime = parked.new_runtime()
    parked.start()
    parked.wait_for_status("north", Status.CONNECTED)
    assert parked.state("north").retry_count == 0
    assert wait_until(lambda: told(parked) == ["connection_parked", "connection_recovered"], DEADLINE)


def test_a_parked_link_that_is_configured_anew_is_dialled_at_once(parked: Field) -> None:
    parked.save("north")
    parked.runtime.tell(ReconcileSite(parked.id("north")))
    parked.wait_for_status("north", Status.CONNECTED)


def test_nudges_without_a_change_never_dial(parked: Field) -> None:
    for _ in range(100):
        parked.runtime.tell(ReconcileSite(parked.id("north")))
    wait_for_ticks(parked)
    assert dials(parked) == 3
    assert parked.state("north").status is Status.PARKED


def test_a_probe_that_succeeds_is_a_connection_whose_count_waits_for_proof(
    private_mosquitto: Callable[..., Mosquitto], make_field: Callable[..., Field]
) -> None:
    broker = private_mosquitto()
    field = make_field(broker)
    field.save("north", retry_delay=RETRY_DELAY, max_retry_delay=RETRY_DELAY, max_retries=1)
    broker.stop()
    field.start()
    wait_for_dials(field, 1)
    field.clock.advance(RETRY_DELAY)
    field.wait_for_status("north", Status.PARKED)
    broker.start()
    field.clock.advance(PROBE_INTERVAL)
    field.wait_for_status("north", Status.CONNECTED)
    assert wait_until(lambda: told(field) == ["connection_parked", "connection_recovered"], DEADLINE)
    assert field.state("north").retry_count == 1
    broker.kill()
    field.wait_for_status("north", Status.PARKED)  # its retries were not given back
    broker.start()
    field.clock.advance(PROBE_INTERVAL)
    field.wait_for_status("north", Status.CONNECTED)
    field.clock.advance(PROOF_SECONDS)
    assert wait_until(lambda: field.state("north").retry_count == 0, DEADLINE)
