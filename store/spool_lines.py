"""A batch as lines of JSON: how it is kept outside the database.

A line for each record, with its fields by name, so that a later version which has more of them reads it too. Whoever
makes the lines holds the interpreter for one record at a time, not for all of them.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from .records import (
    Batch,
    ConnectionLogRecord,
    ConnectionState,
    DataloggerRecord,
    DeliveryRecord,
    DeviceEventRecord,
    DiscoveredTopicRecord,
    GapRecord,
    GatewayRecord,
    ParsingLogRecord,
    SensorRecord,
)


class Damaged(ValueError):
    """Lines that hold no whole batch."""


class Header(NamedTuple):
    """The first line. `records` is how many lines follow."""

    spool_number: int
    records: int


class RecordKind(NamedTuple):
    """A kind of record: in which field of a batch it stands, and how it is read."""

    field: str
    adapter: TypeAdapter[Any]


# By the record's name, which each line says: three kinds of devices share a field.
KINDS = {
    record.__name__: RecordKind(field, TypeAdapter(record))
    for field, records in {
        "devices": (GatewayRecord, DataloggerRecord, SensorRecord),
        "topics": (DiscoveredTopicRecord,),
        "states": (ConnectionState,),
        "connection_logs": (ConnectionLogRecord,),
        "parsing_logs": (ParsingLogRecord,),
        "events": (DeviceEventRecord,),
        "deliveries": (DeliveryRecord,),
        "gaps": (GapRecord,),
    }.items()
    for record in records
}

FIELDS = tuple(dict.fromkeys(kind.field for kind in KINDS.values()))

HEADER: TypeAdapter[Header] = TypeAdapter(Header)

# Not pydantic's own JSON: it refuses lone surrogates and makes null of NaN, and the database is to be given what it
# would have been given. `dict` is for mappings that are none.
ENCODER = json.JSONEncoder(default=dict, separators=(",", ":"))


def lines_of(batch: Batch) -> Iterator[str]:
    """Yield the lines of a batch, each with its end."""
    records = [record for field in FIELDS for record in getattr(batch, field)]
    yield ENCODER.encode(Header(batch.spool_number, len(records))._asdict()) + "\n"
    for record in records:
        yield ENCODER.encode((type(record).__name__, record._asdict())) + "\n"


def batch_of(lines: Iterable[str]) -> Batch:
    """Make the batch again; raises `Damaged`."""
    found: dict[str, list[Any]] = {field: [] for field in FIELDS}
    try:
        first, *others = lines
        header = HEADER.validate_python(json.loads(first))
        for line in others:
            name, fields = json.loads(line)
            kind = KINDS[name]
            found[kind.field].append(kind.adapter.validate_python(fields))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Damaged(f"{type(error).__name__}: {error}") from error
    if len(others) != header.records:
        raise Damaged(f"it has {len(others)} records and should have {header.records}")
    return Batch(**{field: tuple(records) for field, records in found.items()}, spool_number=header.spool_number)
