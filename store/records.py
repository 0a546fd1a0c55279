"""What is known, as immutable records: the one vocabulary of actors, store and web.

Records are named tuples because a heartbeat makes several of them: replacing a field costs a fifth of what it
costs with a frozen dataclass. Times are epoch seconds (UTC) as `float`, durations seconds.
A record's `id` is None until the database has given it one.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple


class Status(StrEnum):
    """What a connection is doing (row B3)."""

    DISCONNECTED = "disconnected"
    QUEUED = "queued"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    BACKING_OFF = "backing_off"
    PARKED = "parked"
    ERROR = "error"
    STOPPING = "stopping"


class Availability(StrEnum):
    """Whether a device is alive, as far as we can know (row E1)."""

    ONLINE = "online"
    OFFLINE = "offline"
    NEVER_SEEN = "never_seen"
    UNKNOWN = "unknown"


class ErrorType(StrEnum):
    """Why a message changed nothing (row C7)."""

    PARSE = "PARSE_ERROR"
    VALIDATION = "VALIDATION_ERROR"
    DATABASE = "DB_ERROR"
    UNKNOWN = "UNKNOWN_ERROR"


class Kind(StrEnum):
    """What sort of device."""

    GATEWAY = "gateway"
    DATALOGGER = "datalogger"
    SENSOR = "sensor"


class DeviceKey(NamedTuple):
    """A device's identity from its first message on, before the database has given it an id.

    `slot` is a gateway's or datalogger's place in its site (`gateway/1`, `monstro/2`, or `serial:DL-001` where the
    topic names no place). A sensor's `slot` is that of its datalogger; only a sensor has its `serial` in the key.
    """

    kind: Kind
    site_id: int
    slot: str
    serial: str = ""


class SiteRecord(NamedTuple):
    """A bridge, a dam, a lab (row A1)."""

    id: int
    code: str
    name: str
    customer: str
    latitude: float | None
    longitude: float | None
    is_active: bool
    created_at: float
    updated_at: float


class TopicRecord(NamedTuple):
    """A topic filter that somebody configured (row A3)."""

    id: int
    site_id: int
    topic_pattern: str
    qos_level: int
    is_active: bool


class ConnectionRecord(NamedTuple):
    """How to reach a site's broker and how to read its devices: what people decide (row A2).

    `sealed_password` is the encrypted password; `store.secrets.Secrets.open` gives the clear one.
    """

    id: int
    site_id: int
    broker_host: str
    broker_port: int
    username: str
    sealed_password: str
    client_id_prefix: str
    topic_prefix: str
    tls_mode: str  # off, verify, insecure
    tls_ca_file: str
    tls_certificate_file: str
    tls_key_file: str
    keep_alive_interval: int
    protocol: str  # 3.1.1, 5
    heartbeat_interval: float
    heartbeat_timeout_multiplier: float
    retry_delay: float
    max_retry_delay: float
    max_retries: int
    rolling_readings: int
    device_timezone: str
    discovery_mode: str  # open, closed
    is_active: bool


class ConnectionState(NamedTuple):
    """How a connection is doing: what the actors observe (row A2)."""

    site_id: int
    status: Status = Status.DISCONNECTED
    reason: str = ""
    retry_count: int = 0
    next_retry_at: float | None = None
    last_connected_at: float | None = None
    last_message_at: float | None = None
    error_kind: str = ""
    error_message: str = ""
    connection_errors: int = 0
    disconnected_at: float | None = None  # when the broker was last heard over a link that has ended
    link_digest: str = ""  # of what it was last dialled with: whether people have configured it anew since


class Reading(NamedTuple):
    """The channels of a sensor at one time. `device_time` is what the device's clock said, if it said."""

    device_time: float | None
    received_at: float
    channels: Mapping[str, float]


class ChannelStats(NamedTuple):
    """The extremes of one channel since the sensor was discovered (row D4)."""

    count: int  # type: ignore[assignment]  # hides tuple.count, which nobody misses
    mean: float
    min: float
    max: float
    min_at: float
    max_at: float


class GatewayRecord(NamedTuple):
    """A gateway's live state (row D1)."""

    site_id: int
    slot: str
    serial_number: str
    id: int | None = None
    label: str | None = None  # None: the serial
    is_deleted: bool = False
    hostname: str = ""
    ip_address: str = ""
    firmware_version: str = ""
    cpu_usage_percent: float | None = None
    memory_usage_percent: float | None = None
    disk_usage_percent: float | None = None
    uptime_seconds: float | None = None
    availability: Availability = Availability.NEVER_SEEN
    availability_cause: str = ""  # link_down, gateway_offline, gateway_silent, restarted; empty: its own silence
    interval_seconds: float | None = None
    last_heartbeat: float | None = None
    last_communication: float | None = None
    total_heartbeats: int = 0
    missed_heartbeats: int = 0
    online_seconds: float = 0.0
    observed_seconds: float = 0.0
    last_downtime_start: float | None = None
    clock_skew_seconds: float | None = None
    first_seen_at: float = 0.0
    raw_metadata: Mapping[str, Any] = {}

    @property
    def key(self) -> DeviceKey:
        return DeviceKey(Kind.GATEWAY, self.site_id, self.slot)


class DataloggerRecord(NamedTuple):
    """A datalogger's live state (row D2)."""

    site_id: int
    slot: str
    serial_number: str
    datalogger_type: str = ""
    instance_number: int | None = None
    id: int | None = None
    label: str | None = None
    is_deleted: bool = False
    firmware_version: str = ""
    ip_address: str = ""
    acquisition: str = ""
    availability: Availability = Availability.NEVER_SEEN
    availability_cause: str = ""  # link_down, gateway_offline, gateway_silent, restarted; empty: its own silence
    interval_seconds: float | None = None  # as the device declares it
    last_heartbeat: float | None = None
    last_communication: float | None = None
    total_heartbeats: int = 0
    missed_heartbeats: int = 0
    online_seconds: float = 0.0
    observed_seconds: float = 0.0
    last_downtime_start: float | None = None
    clock_skew_seconds: float | None = None  # device time minus ours
    first_seen_at: float = 0.0
    raw_metadata: Mapping[str, Any] = {}

    @property
    def key(self) -> DeviceKey:
        return DeviceKey(Kind.DATALOGGER, self.site_id, self.slot)


class SensorRecord(NamedTuple):
    """A sensor's live state (rows D3, D4). `readings` are the rolling N, newest first."""

    site_id: int
    slot: str  # its datalogger's
    serial_number: str
    id: int | None = None
    datalogger_id: int | None = None
    label: str | None = None
    is_deleted: bool = False
    sensor_type: str = ""
    unit_of_measure: str = ""
    availability: Availability = Availability.NEVER_SEEN
    availability_cause: str = ""  # link_down, gateway_offline, gateway_silent, restarted; empty: its own silence
    readings: tuple[Reading, ...] = ()
    channels: Mapping[str, ChannelStats] = {}
    total_messages: int = 0
    total_readings: int = 0
    first_seen_at: float = 0.0
    last_seen_at: float | None = None
    online_seconds: float = 0.0
    observed_seconds: float = 0.0
    consecutive_misses: int = 0
    clock_skew_seconds: float | None = None

    @property
    def key(self) -> DeviceKey:
        return DeviceKey(Kind.SENSOR, self.site_id, self.slot, self.serial_number)

    @property
    def datalogger_key(self) -> DeviceKey:
        return DeviceKey(Kind.DATALOGGER, self.site_id, self.slot)


DeviceRecord = GatewayRecord | DataloggerRecord | SensorRecord


class DiscoveredTopicRecord(NamedTuple):
    """A topic that a site was heard to use (row C2). `is_active` is a person's, the rest the system's."""

    site_id: int
    topic_path: str
    topic_pattern: str
    first_seen_at: float
    last_seen_at: float
    message_count: int
    sample_payload: str
    is_processable: bool
    processor_name: str
    is_active: bool = True
    id: int | None = None


class ParsingLogRecord(NamedTuple):
    """A fault in what a site sent, with how often it came (row C7).

    Rows with the same site, topic, parser, error type and message are one: `count` is added up.
    """

    site_id: int
    topic: str
    parser: str
    error_type: ErrorType
    message: str
    sample_payload: str
    exception: str
    first_at: float
    last_at: float
    count: int = 1  # type: ignore[assignment]  # hides tuple.count, which nobody misses
    id: int | None = None


class ConnectionLogRecord(NamedTuple):
    """One line of a connection's history (row F7)."""

    site_id: int
    at: float
    level: str
    message: str
    status: Status
    exception_type: str = ""
    traceback: str = ""
    broker_host: str = ""
    retry_attempt: int = 0
    id: int | None = None


class DeviceEventRecord(NamedTuple):
    """Something that happened once and is told once: to a device's identity (row C3), to a gateway, to a link."""

    site_id: int
    at: float
    event: str  # hardware_replaced, serial_conflict, limit_reached, gateway_offline, connection_parked ...
    slot: str  # empty where it is the site's
    message: str
    id: int | None = None


# A message of QoS 1 or 2 as it is told from others: its MQTT packet id, and the CRC-32 of its topic and payload.
Mark = tuple[int, int]


class DeliveryRecord(NamedTuple):
    """A part of the newest messages of a site that are counted in what the same batch holds (row C10).

    What the broker sends again after a crash is found here, and not counted twice. In parts, so that a batch writes but
    those that have changed: `first_number` is the number of the first of `marks`, of all that ever came.
    """

    site_id: int
    part: int
    first_number: int
    marks: tuple[Mark, ...]


class GapRecord(NamedTuple):
    """A time for which messages of a site may be missing: the broker did not keep them for us (row C10)."""

    site_id: int
    started_at: float
    ended_at: float
    reason: str
    id: int | None = None


class SiteConfiguration(NamedTuple):
    """All that people decided about one site: what a connection actor is made from."""

    site: SiteRecord
    connection: ConnectionRecord
    topics: tuple[TopicRecord, ...] = ()


class SiteMemory(NamedTuple):
    """All that was learned of one site: where its actors begin again after a restart (row F5)."""

    state: ConnectionState
    gateways: tuple[GatewayRecord, ...] = ()
    dataloggers: tuple[DataloggerRecord, ...] = ()
    sensors: tuple[SensorRecord, ...] = ()
    topics: tuple[DiscoveredTopicRecord, ...] = ()
    deliveries: tuple[DeliveryRecord, ...] = ()  # the newest messages that are counted in all this


class UserRecord(NamedTuple):
    """Somebody who may ask (row A4)."""

    id: int
    name: str
    is_superuser: bool


class Access(NamedTuple):
    """What a user may do with a site."""

    site_id: int
    role: str  # viewer, operator


class Batch(NamedTuple):
    """Changes to be written in one transaction; the newest state of each thing, so nothing is in it twice."""

    devices: tuple[DeviceRecord, ...] = ()
    topics: tuple[DiscoveredTopicRecord, ...] = ()
    states: tuple[ConnectionState, ...] = ()
    connection_logs: tuple[ConnectionLogRecord, ...] = ()
    parsing_logs: tuple[ParsingLogRecord, ...] = ()
    events: tuple[DeviceEventRecord, ...] = ()
    deliveries: tuple[DeliveryRecord, ...] = ()
    gaps: tuple[GapRecord, ...] = ()
    spool_number: int = 0  # of the spool that this batch takes the place of; 0: there is none


class BatchWritten(NamedTuple):
    """What came of a batch: the ids of devices and topics that had none, and what the database refused for good."""

    device_ids: Mapping[DeviceKey, int] = {}
    topic_ids: Mapping[tuple[int, str], int] = {}  # (site_id, topic_path)
    refused: tuple[tuple[object, str], ...] = ()  # record, reason


class Pruned(NamedTuple):
    """How many lines were deleted from each log."""

    connection_logs: int = 0
    parsing_logs: int = 0
    device_events: int = 0
    gaps: int = 0
    is_complete: bool = True  # no line is left that is too old or too much

    @property
    def rows(self) -> int:
        return self.connection_logs + self.parsing_logs + self.device_events + self.gaps
