"""What devices, the board and the recorder tell each other: the way of a record to the database, and back."""

from __future__ import annotations

from dataclasses import dataclass

from ..store.records import (
    Batch,
    BatchWritten,
    ConnectionLogRecord,
    ConnectionState,
    DeliveryRecord,
    DeviceEventRecord,
    DeviceRecord,
    DiscoveredTopicRecord,
    GapRecord,
    ParsingLogRecord,
)
from .messages import Now


@dataclass(frozen=True, slots=True)
class DeviceDiscovered:
    """A device was met for the first time: write it now; the sender gets `DeviceStored`."""

    record: DeviceRecord


@dataclass(frozen=True, slots=True)
class DeviceStored:
    """The database has given this device its id."""

    id: int


@dataclass(frozen=True, slots=True)
class OwnerStored:
    """The database has given a sensor's datalogger its id."""

    id: int


@dataclass(frozen=True, slots=True)
class DeviceChanged:
    """A device's newest record; it has no id until the database has given it one."""

    record: DeviceRecord


@dataclass(frozen=True, slots=True)
class ListSiteDevices:
    """What a site's devices were last like, to begin again from. Answer: `SiteDevices`."""

    site_id: int


@dataclass(frozen=True, slots=True)
class SiteDevices:
    """The newest records of a site's devices."""

    site_id: int
    records: tuple[DeviceRecord, ...]


@dataclass(frozen=True, slots=True)
class SiteForgotten:
    """A site is no longer configured: what was known of its devices goes."""

    site_id: int


@dataclass(frozen=True, slots=True)
class RecordsChanged:
    """The newest records of the devices that changed since the last time."""

    records: tuple[DeviceRecord, ...]


@dataclass(frozen=True, slots=True)
class TopicsChanged:
    """The newest records of topics that changed; a new one is written at once."""

    records: tuple[DiscoveredTopicRecord, ...]


@dataclass(frozen=True, slots=True)
class TopicStored:
    """The database has given a discovered topic its id."""

    topic_path: str
    id: int


@dataclass(frozen=True, slots=True)
class StateChanged:
    """How a connection is doing, and why if that is worth a line in its log."""

    state: ConnectionState
    entry: ConnectionLogRecord | None = None


@dataclass(frozen=True, slots=True)
class MessageRefused:
    """A message changed nothing, and this is why."""

    record: ParsingLogRecord


@dataclass(frozen=True, slots=True)
class IdentityEvent:
    """Something happened to a device's identity, or to a site's limits."""

    record: DeviceEventRecord


@dataclass(frozen=True, slots=True)
class DeliveriesChanged:
    """What is new of the messages of a site, all of whose changes are handed on.

    The sender gets `Committed` with `number`; with 0 it wants none.
    """

    site_id: int
    records: tuple[DeliveryRecord, ...]
    number: int


@dataclass(frozen=True, slots=True)
class Committed:
    """What a site's messages up to `number` changed is where nothing of ours can lose it."""

    number: int


@dataclass(frozen=True, slots=True)
class GapFound:
    """For a time messages of a site may be missing."""

    record: GapRecord


@dataclass(frozen=True, slots=True)
class MessagesCounted:
    """How many messages a site's actor has seen since it last said so, by outcome."""

    outcomes: dict[str, int]


@dataclass(frozen=True, slots=True)
class BacklogChanged:
    """How much waits for the database, how many log lines had to be dropped, and why it waits, if for a fault.

    `is_spooled`: what waits is in the spool, and survives the end of our process.
    """

    unwritten: int
    dropped: int
    error: str
    is_spooled: bool = False
    spool_error: str = ""  # why it is not


@dataclass(frozen=True, slots=True)
class BatchDone:
    """The writer has written a batch."""

    batch: Batch
    written: BatchWritten


@dataclass(frozen=True, slots=True)
class BatchFailed:
    """The writer could not write a batch; nothing of it is in the database."""

    batch: Batch
    reason: str


@dataclass(frozen=True, slots=True)
class SpoolDone:
    """The spool has a snapshot of all that waits, or has not, and why."""

    error: str


@dataclass(frozen=True, slots=True)
class Flush:
    """Hand on everything that waits."""

    now: Now
