"""What actors tell each other; what other threads may say is in `messages.py`.

Two of them are named tuples, for they are made for every MQTT message: `Arrived` and `SensorObserved`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from thespian.actors import ActorAddress

from ..store.records import (
    Batch,
    BatchWritten,
    ConnectionLogRecord,
    ConnectionState,
    DataloggerRecord,
    DeviceEventRecord,
    DeviceKey,
    DeviceRecord,
    DiscoveredTopicRecord,
    GatewayRecord,
    ParsingLogRecord,
    SensorRecord,
    SiteConfiguration,
    SiteMemory,
)
from .messages import MarkDevice, Now, RelabelDevice

if TYPE_CHECKING:
    from .failures import Failure
    from .mqtt import Session
    from .parsing.observations import DataloggerObservation, GatewayObservation, SensorObservation
    from .parts import Parts


# Time and supervision


@dataclass(frozen=True, slots=True)
class Tick:
    """The time has come to look at deadlines: for the supervisor some times a second, for a connection once."""

    now: Now


@dataclass(frozen=True, slots=True)
class ChildFailed:
    """A child's handler raised and the child has ended. `record` is its last good state, if it keeps one."""

    address: ActorAddress
    record: object
    message: object
    error: Exception


# Questions from outside


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, with where its answer goes."""

    id: int
    question: object
    reply_to: ActorAddress


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to the question with this id."""

    id: int
    answer: object


# Supervisor and connections


@dataclass(frozen=True, slots=True)
class OpenSupervisor:
    """The supervisor's first message."""

    parts: Parts
    now: Now


@dataclass(frozen=True, slots=True)
class ConfigurationsRead:
    """What people want, as the database has it now: of all sites, or of one (which may be gone)."""

    configurations: tuple[SiteConfiguration, ...]
    site_id: int | None = None


@dataclass(frozen=True, slots=True)
class MemoryRead:
    """What is remembered of a site."""

    configuration: SiteConfiguration
    memory: SiteMemory


@dataclass(frozen=True, slots=True)
class ReadFailed:
    """The database did not answer; it is asked again at a later tick."""

    site_id: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class OpenSite:
    """A connection actor's first message."""

    parts: Parts
    configuration: SiteConfiguration
    memory: SiteMemory
    now: Now


@dataclass(frozen=True, slots=True)
class Configured:
    """People have decided anew; the link is not touched by this."""

    configuration: SiteConfiguration


@dataclass(frozen=True, slots=True)
class Dial:
    """Open the link now, dropping one that may be open."""

    now: Now


@dataclass(frozen=True, slots=True)
class CloseLink:
    """Say goodbye and disconnect; answered by `LinkClosed`, at once if there is no link."""

    now: Now


@dataclass(frozen=True, slots=True)
class LinkOpened:
    """CONNACK and every SUBACK have come."""

    site_id: int
    session_present: bool
    now: Now


@dataclass(frozen=True, slots=True)
class LinkLost:
    """The link could not be opened, or has ended without our wish."""

    site_id: int
    failure: Failure


@dataclass(frozen=True, slots=True)
class LinkClosed:
    """The link has ended as we wished."""

    site_id: int


@dataclass(frozen=True, slots=True)
class Heard:
    """Messages have come over a site's link, the newest at `at` (epoch seconds)."""

    site_id: int
    at: float


@dataclass(frozen=True, slots=True)
class ForDevice:
    """A person's decision about one device, on its way down the tree."""

    key: DeviceKey
    decision: RelabelDevice | MarkDevice


# A connection and its link


@dataclass(frozen=True, slots=True)
class Dialled:
    """A worker has sent CONNECT; the session is the actor thread's from now on."""

    session: Session


@dataclass(frozen=True, slots=True)
class DialFailed:
    """DNS, TCP or TLS failed."""

    failure: Failure


@dataclass(frozen=True, slots=True)
class Greeted:
    """CONNACK has come: the broker takes us."""

    attempt: int
    session_present: bool


@dataclass(frozen=True, slots=True)
class Granted:
    """SUBACK has come; `refused` are the filters that the broker does not let us hear."""

    attempt: int
    refused: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """The session's socket is closed. `failure` is None where we closed it."""

    attempt: int
    failure: Failure | None


class Arrived(NamedTuple):
    """An MQTT message. `topic` is None where its name is not UTF-8."""

    topic: str | None
    payload: bytes
    qos: int
    retain: bool
    dup: bool
    now: Now
    packet_id: int = 0  # a redelivery has that of the first delivery; 0 at QoS 0


# A connection and its devices


@dataclass(frozen=True, slots=True)
class OpenGateway:
    """A gateway actor's first message."""

    parts: Parts
    record: GatewayRecord
    link_up_since: float | None


@dataclass(frozen=True, slots=True)
class OpenDatalogger:
    """A datalogger actor's first message. `sensors` are those that are remembered."""

    parts: Parts
    record: DataloggerRecord
    sensors: tuple[SensorRecord, ...]
    link_up_since: float | None
    rolling_readings: int


@dataclass(frozen=True, slots=True)
class OpenSensor:
    """A sensor actor's first message."""

    parts: Parts
    record: SensorRecord
    link_up_since: float | None
    rolling_readings: int


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """The site's link is up, or down: while it is down nothing can be known of a device."""

    is_up: bool
    now: Now


@dataclass(frozen=True, slots=True)
class CheckDevice:
    """Look at the deadline. `interval` is the cadence expected, unless the device has declared its own."""

    now: Now
    interval: float
    multiplier: float


@dataclass(frozen=True, slots=True)
class RollingChanged:
    """So many readings are kept from now on."""

    rolling_readings: int


@dataclass(frozen=True, slots=True)
class GatewayObserved:
    """A message spoke of this gateway. Only a `live` one proves that it is alive (not retained, not queued)."""

    observation: GatewayObservation
    live: bool
    counted: bool
    now: Now


@dataclass(frozen=True, slots=True)
class DataloggerObserved:
    """A message spoke of this datalogger. One that is not `counted` (retained) is no heartbeat."""

    observation: DataloggerObservation
    live: bool
    counted: bool
    now: Now


class SensorObserved(NamedTuple):
    """A message spoke of this sensor."""

    observation: SensorObservation
    live: bool
    now: Now


# Devices, board and recorder


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
    """A device's newest record; it has an id."""

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
class MessagesCounted:
    """How many messages a site's actor has seen since it last said so, by outcome."""

    outcomes: dict[str, int]


@dataclass(frozen=True, slots=True)
class BacklogChanged:
    """How much waits for the database, how many log lines had to be dropped, and why it waits, if for a fault."""

    unwritten: int
    dropped: int
    error: str


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
class Flush:
    """Hand on everything that waits, without waiting for its interval."""
