"""What is kept of a message that made an actor fail, and of the actor (rows B9 and C10)."""

from typing import Any, cast

import pytest
from sitewarden.actors.deliveries import mark_of
from sitewarden.actors.device_events import DataloggerObserved, SensorObserved, Source
from sitewarden.actors.events import Arrived, ChildFailed, OpenSite, Tick, Undelivered
from sitewarden.actors.messages import Now
from sitewarden.actors.parsing.observations import DataloggerObservation, SensorObservation
from sitewarden.actors.poison import fault_of, refusal_of
from sitewarden.actors.record_events import SiteDevices
from sitewarden.actors.site_actors import memory_of
from sitewarden.store.records import (
    ConnectionState,
    DataloggerRecord,
    DeliveryRecord,
    ErrorType,
    Mark,
    ParsingLogRecord,
    SensorRecord,
    SiteMemory,
)
from thespian.actors import ActorAddress

NOW = Now(1000.0, 10.0)
ARRIVED = Arrived("s/x", b'{"a": 1}', qos=1, retain=False, dup=False, now=NOW, packet_id=7)
SOURCE = Source(ARRIVED, "datalogger_heartbeat")
STATE = ConnectionState(1)
COUNTED = (DeliveryRecord(1, 1, 128, ((1, 1),)),)


def failed(message: object, record: object = None) -> ChildFailed:
    return ChildFailed(ActorAddress("child"), record, message, ValueError("boom"))


@pytest.mark.parametrize(
    ("message", "parser"),
    [
        (DataloggerObserved(DataloggerObservation("monstro/1"), True, True, NOW, SOURCE), "datalogger_heartbeat"),
        (SensorObserved(SensorObservation("A", None, {}), True, NOW, SOURCE), "datalogger_heartbeat"),
        (ARRIVED, ""),
    ],
)
def test_a_row_says_who_failed_of_which_message(message: object, parser: str) -> None:
    fault = fault_of(1, "sensor A", failed(message))
    assert fault is not None
    assert fault._replace(exception="") == ParsingLogRecord(
        site_id=1,
        topic="s/x",
        parser=parser,
        error_type=ErrorType.UNKNOWN,
        message="sensor A failed with ValueError",
        sample_payload='{"a": 1}',
        exception="",
        first_at=NOW.epoch,
        last_at=NOW.epoch,
    )
    assert "boom" in fault.exception


def test_what_is_no_devices_message_makes_no_row() -> None:
    assert fault_of(1, "sensor A", failed(Tick(NOW))) is None
    assert refusal_of(1, "sensor A", Tick(NOW)) is None


def test_a_message_that_was_returned_twice_is_still_told_of() -> None:
    observed = SensorObserved(SensorObservation("A", None, {}), True, NOW, SOURCE)
    refusal = refusal_of(1, "datalogger monstro/1", Undelivered(ActorAddress("sensor"), observed))
    assert refusal is not None
    assert refusal.message == "datalogger monstro/1 has failed, and waits to be begun again"


def marks_of(memory: SiteMemory) -> set[Mark]:
    return {mark for record in memory.deliveries for mark in record.marks}


def test_a_sites_next_actor_begins_from_what_the_board_knows() -> None:
    datalogger = DataloggerRecord(1, "monstro/1", "x", id=1, total_heartbeats=5)
    sensor = SensorRecord(1, "monstro/1", "A", id=2)
    memory = memory_of(
        failed(ARRIVED, SiteMemory(STATE, deliveries=COUNTED)), STATE, SiteDevices(1, (datalogger, sensor))
    )
    assert (memory.dataloggers, memory.sensors) == ((datalogger,), (sensor,))
    assert marks_of(memory) == {(1, 1), mark_of(ARRIVED)}


def test_a_message_at_qos_0_is_never_sent_again_and_needs_no_mark() -> None:
    memory = memory_of(failed(ARRIVED._replace(qos=0), SiteMemory(STATE)), STATE, SiteDevices(1, ()))
    assert marks_of(memory) == set()


def test_a_site_that_cannot_be_opened_keeps_what_the_board_was_not_told() -> None:
    old, newer = (DataloggerRecord(1, "monstro/1", "x", id=1, total_heartbeats=count) for count in (5, 6))
    untold = SensorRecord(1, "monstro/1", "A", id=2)
    opening = OpenSite(
        cast(Any, None),
        cast(Any, None),
        SiteMemory(STATE, dataloggers=(old,), sensors=(untold,), deliveries=COUNTED),
        NOW,
    )
    memory = memory_of(failed(opening), STATE, SiteDevices(1, (newer,)))
    assert (memory.dataloggers, memory.sensors, memory.deliveries) == ((newer,), (untold,), COUNTED)
