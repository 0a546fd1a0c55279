"""Live state goes on without the database and is written when it is back (rows F3, F4 and F5)."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest
from servers.process import wait_until
from sitewarden.store.database import Patience
from sitewarden.store.records import Availability, Status
from sitewarden.store.secrets import Secrets
from sitewarden.store.store import Store

from .field import DATABASE, DEADLINE, Field, Message, gateway_heartbeat, heartbeat

IMPATIENT = Patience(connect=1, answer=1, lock=0.1, pool=1)  # seconds
NEVER = 3600.0  # seconds; no test is so long


@pytest.fixture
def impatient(make_field: Callable[..., Field]) -> Field:
    """`north`, connected, whose store gives up soon where the database is locked."""
    field = make_field()
    url = f"sqlite:///{field.directory / DATABASE}"
    field.store.close()
    field.store = Store(url, Secrets.load(None, field.directory / "secret.key"), patience=IMPATIENT)
    field.runtime = field.new_runtime()
    field.save("north")
    field.connect("north")
    field.publish(heartbeat(field.code("north"), "A"))
    assert wait_until(lambda: "A" in field.sensors("north"), DEADLINE)
    return field


@contextmanager
def locked(field: Field) -> Iterator[None]:
    """Have somebody else hold the database's lock."""
    with closing(sqlite3.connect(field.directory / DATABASE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_while_the_database_is_locked_live_state_goes_on_and_is_written_afterwards(impatient: Field) -> None:
    """F4."""
    code = impatient.code("north")
    with locked(impatient):
        impatient.publish(*(heartbeat(code, "A", number=number) for number in range(1, 6)))
        impatient.publish(heartbeat(code, "B", instance=2), Message(f"{code}/gateway/heartbeat", b"no json"))
        assert wait_until(lambda: impatient.sensors("north")["A"].total_readings == 6, DEADLINE)
        assert wait_until(lambda: "locked" in impatient.counters().database_error, DEADLINE)
        # The two new devices, and at least what changed of the old ones.
        assert wait_until(lambda: impatient.counters().unwritten >= 4, DEADLINE)
        assert impatient.state("north").status is Status.CONNECTED
    assert wait_until(lambda: not impatient.counters().database_error, DEADLINE)
    assert wait_until(lambda: "B" in impatient.sensors("north"), DEADLINE)

    def stored() -> dict[str, int]:
        return {sensor.serial_number: sensor.total_readings for sensor in impatient.memory("north").sensors}

    assert wait_until(lambda: stored() == {"A": 6, "B": 1}, DEADLINE), stored()
    assert wait_until(lambda: impatient.counters().unwritten == 0, DEADLINE)
    assert [row.count for row in impatient.parsing_log("north")] == [1]
    assert impatient.counters().dropped == 0


def test_a_site_that_could_not_be_read_is_read_when_the_database_is_back(impatient: Field) -> None:
    """F4, B2."""
    impatient.stop()
    impatient.runtime = impatient.new_runtime()
    hidden = impatient.directory / "hidden.db"
    impatient.start()
    impatient.wait_for_status("north", Status.CONNECTED)
    impatient.store.close()
    (impatient.directory / DATABASE).rename(hidden)
    (impatient.directory / DATABASE).mkdir()
    impatient.clock.advance(impatient.settings.monitor.interval)
    later = impatient.clock().monotonic + 0.5
    assert wait_until(lambda: impatient.clock().monotonic > later, DEADLINE)
    (impatient.directory / DATABASE).rmdir()
    hidden.rename(impatient.directory / DATABASE)
    impatient.save("south")
    impatient.wait_for_status("south", Status.CONNECTED)


def test_a_discovery_is_written_at_once_and_readings_at_their_interval(make_field: Callable[..., Field]) -> None:
    """F3."""
    field = make_field(persist_interval=NEVER)
    field.save("north")
    field.connect("north")
    code = field.code("north")
    field.publish(heartbeat(code, "A"))
    assert wait_until(lambda: "A" in field.sensors("north"), DEADLINE)
    # At QoS 1 they would be written before they are acknowledged.
    field.publish(*(heartbeat(code, "A", number=number)._replace(qos=0) for number in range(1, 10)))
    assert wait_until(lambda: field.sensors("north")["A"].total_readings == 10, DEADLINE)
    assert field.memory("north").sensors[0].total_readings < 10
    field.clock.advance(NEVER)
    assert wait_until(lambda: field.memory("north").sensors[0].total_readings == 10, DEADLINE)


def test_after_a_restart_everything_goes_on_from_what_was_stored(north: Field) -> None:
    """F5."""
    code = north.code("north")
    north.publish(gateway_heartbeat(code, hostname="gw"), *(heartbeat(code, "A", number=n) for n in range(4)))
    assert wait_until(lambda: "A" in north.sensors("north") and "gateway/1" in north.gateways("north"), DEADLINE)
    assert wait_until(lambda: north.sensors("north")["A"].total_readings == 4, DEADLINE)
    before = north.sensors("north")["A"]
    north.restart()
    north.wait_for_status("north", Status.CONNECTED)
    after = north.sensors("north")["A"]
    assert after.availability is Availability.UNKNOWN
    assert north.gateways("north")["gateway/1"].availability is Availability.UNKNOWN
    assert north.gateways("north")["gateway/1"].hostname == "gw"
    assert (after.id, after.total_readings, after.channels.keys()) == (before.id, 4, before.channels.keys())
    assert [reading.channels for reading in after.readings] == [reading.channels for reading in before.readings]
    # One that came before is known again, a new one is not.
    north.publish(heartbeat(code, "A", number=3), heartbeat(code, "A", number=4))
    assert wait_until(lambda: north.sensors("north")["A"].total_messages == 6, DEADLINE)
    assert north.sensors("north")["A"].total_readings == 5
    assert north.sensors("north")["A"].channels["acc02"].count == 5
    assert north.dataloggers("north")["monstro/1"].total_heartbeats == 6
    assert len(north.memory("north").sensors) == 1
