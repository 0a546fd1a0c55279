"""What devices and actors report, as columns: which are theirs to write, and what tells a row from another.

A column has one writer (row F2). A label, a deletion, whether a topic is paused: these are people's, written in
`decisions.py`, and no upsert here names them.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .digests import digest_of
from .records import DeviceKey, DiscoveredTopicRecord, ParsingLogRecord, SensorRecord
from .storable import Unstorable, storable_text
from .tables import (
    MESSAGE_LENGTH,
    NAME_LENGTH,
    TOPIC_LENGTH,
    ConnectionLog,
    Datalogger,
    Delivery,
    DeviceEvent,
    DiscoveredTopic,
    Gap,
    Gateway,
    ObservedConnection,
    ParsingLog,
    Sensor,
    Table,
    WrittenSpool,
)
from .upsert import Upsert

# Columns by name. No later report changes an identity.
IDENTITY = ("id", "site_id", "slot", "datalogger_id", "first_seen_at", "path_digest", "topic_path")
OF_PEOPLE = ("label", "is_deleted", "is_active")

Columns = dict[str, Any]


def reported(table: type[Table], *but: str) -> tuple[str, ...]:
    """Return the columns that a later report brings up to date."""
    return tuple(name for name in table._meta.fields if name not in (*IDENTITY, *OF_PEOPLE, *but))


GATEWAYS = Upsert(Gateway, ("site_id", "slot"), reported(Gateway))
DATALOGGERS = Upsert(Datalogger, ("site_id", "slot"), reported(Datalogger))
SENSORS = Upsert(Sensor, ("datalogger_id", "serial_number"), reported(Sensor, "serial_number"))
TOPICS = Upsert(DiscoveredTopic, ("site_id", "path_digest"), reported(DiscoveredTopic))
STATES = Upsert(ObservedConnection, ("site_id",), reported(ObservedConnection))
CONNECTION_LOGS = Upsert(ConnectionLog)
PARSING_LOGS = Upsert(ParsingLog, ("fault_digest",), ("last_at", "sample_payload", "exception"), added=("count",))
EVENTS = Upsert(DeviceEvent)
DELIVERIES = Upsert(Delivery, ("site_id", "part"), reported(Delivery, "part"))
GAPS = Upsert(Gap)
WRITTEN_SPOOLS = Upsert(WrittenSpool, ("id",), reported(WrittenSpool))

WRITTEN_SPOOL_ROW = 1  # the only one


def columns_of(table: type[Table]) -> Callable[[Any], Columns]:
    """Return how a record's fields become the columns of the same name."""
    names = [name for name in table._meta.fields if name not in ("id", *OF_PEOPLE)]

    def columns(record: Any) -> Columns:
        return {name: getattr(record, name) for name in names}

    return columns


def sensor_columns(dataloggers: Mapping[DeviceKey, int]) -> Callable[[SensorRecord], Columns]:
    """Return how a sensor becomes columns, given the ids of dataloggers; raises `Unstorable` where its own is not."""
    columns = columns_of(Sensor)

    def with_datalogger(sensor: SensorRecord) -> Columns:
        if sensor.datalogger_id is not None:
            return columns(sensor)
        if sensor.datalogger_key not in dataloggers:
            raise Unstorable(f"its datalogger {sensor.slot!r} is not in the database")
        return {**columns(sensor), "datalogger_id": dataloggers[sensor.datalogger_key]}

    return with_datalogger


def written_spool_columns(number: int) -> Columns:
    return {"id": WRITTEN_SPOOL_ROW, "number": number}


def topic_columns(topic: DiscoveredTopicRecord) -> Columns:
    path = storable_text(topic.topic_path, TOPIC_LENGTH)
    return {
        **{name: getattr(topic, name) for name in (*TOPICS.updated, "site_id", "first_seen_at")},
        "topic_path": path,
        "path_digest": digest_of(path),
    }


def parsing_log_columns(log: ParsingLogRecord) -> Columns:
    names = [name for name in ParsingLog._meta.fields if name not in ("id", "fault_digest")]
    return {**{name: getattr(log, name) for name in names}, "fault_digest": fault_digest(log)}


def fault_digest(log: ParsingLogRecord) -> str:
    """Return what repeats of one fault have in common, as the columns will hold it."""
    return digest_of(
        log.site_id,
        storable_text(log.topic, TOPIC_LENGTH),
        storable_text(log.parser, NAME_LENGTH),
        log.error_type.value,
        storable_text(log.message, MESSAGE_LENGTH),
    )


def folded(logs: Iterable[ParsingLogRecord]) -> list[ParsingLogRecord]:
    """Make one record of those of one fault: all their counts, the newest sample."""
    faults: dict[str, ParsingLogRecord] = {}
    for log in logs:
        digest = fault_digest(log)
        before = faults.get(digest)
        faults[digest] = (
            log if before is None else log._replace(first_at=before.first_at, count=before.count + log.count)
        )
    return list(faults.values())
