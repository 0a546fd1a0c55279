"""A message that made an actor fail is not tried again: it becomes a row of the parsing log (rows B9 and C7)."""

import traceback

from ..store.records import ErrorType, ParsingLogRecord
from .catalogue import sample
from .device_events import DataloggerObserved, GatewayObserved, SensorObserved, Source
from .events import Arrived, ChildFailed, Undelivered
from .parsing.faults import LONGEST_EXCEPTION


def source_of(message: object) -> Source | None:
    """Give the MQTT message that a message of ours comes from; None if it comes from none."""
    match message:
        case GatewayObserved(source=source) | DataloggerObserved(source=source) | SensorObserved(source=source):
            return source
        case Arrived():
            return Source(message, "")  # it had not come to a parser, or not through it
        case Undelivered(message=returned):
            return source_of(returned)
    return None


def fault_of(site_id: int, who: str, failed: ChildFailed) -> ParsingLogRecord | None:
    """Give the row for the message that `who` failed of; None where that is none of a device's."""
    source = source_of(failed.message)
    if source is None:
        return None
    # Rows fold when their texts are equal, so that the error's own words, which may hold a value, are kept apart.
    trace = "".join(traceback.format_exception(failed.error))[-LONGEST_EXCEPTION:]
    return row(site_id, source, f"{who} failed with {type(failed.error).__name__}", trace)


def refusal_of(site_id: int, who: str, message: object) -> ParsingLogRecord | None:
    """Give the row for a message that came while `who` waited for its restart; None where it is none of a device's."""
    source = source_of(message)
    return None if source is None else row(site_id, source, f"{who} has failed, and waits to be begun again", "")


def row(site_id: int, source: Source, message: str, exception: str) -> ParsingLogRecord:
    arrived = source.arrived
    return ParsingLogRecord(
        site_id=site_id,
        topic=arrived.topic or "",
        parser=source.parser,
        error_type=ErrorType.UNKNOWN,
        message=message,
        sample_payload=sample(arrived.payload),
        exception=exception,
        first_at=arrived.now.epoch,
        last_at=arrived.now.epoch,
    )
