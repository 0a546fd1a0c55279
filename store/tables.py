"""The tables, one class each. `migrations/` makes them; a test compares the two.

The classes are bound to no database: every query is executed on one, so two stores work in one process. A column that
a record has too bears the record's name. Columns of people and of devices are kept apart (row F2): what a connection
observes is in a table of its own, and the columns that devices write are listed in `batch.py`.
"""

from peewee import BigAutoField, BooleanField, ForeignKeyField, IntegerField, Model

from .fields import Channels, Count, Json, Line, LongText, Marks, Moment, Number, Readings, Word
from .records import Availability, ErrorType, Status

# Characters. Devices' texts are cut to these; people's are refused beforehand, in `drafts.py`.
CODE_LENGTH = 50
NAME_LENGTH = 255
HOST_LENGTH = 255
PATH_LENGTH = 1024
FILTER_LENGTH = 1024
SLOT_LENGTH = 150
SERIAL_LENGTH = 100
MESSAGE_LENGTH = 1000
SAMPLE_LENGTH = 5000
TRACEBACK_LENGTH = 20_000
TOPIC_LENGTH = 65_535  # MQTT section 1.5.4: no topic is longer
DIGEST_LENGTH = 64
TOKEN_LENGTH = 32
SEALED_LENGTH = 16_384  # a sealed password of 2,000 characters takes 11,000


class Table(Model):
    """What all tables but those with another key have."""

    id = BigAutoField()

    class Meta:
        legacy_table_names = False


class Installation(Table):
    """One row: who we are towards the brokers."""

    code = Line(max_length=8)


class WrittenSpool(Table):
    """One row: the number of the newest spool whose batch is in the database."""

    number = Count()


class Site(Table):
    """Row A1."""

    code = Line(max_length=CODE_LENGTH, unique=True)
    name = Line(max_length=NAME_LENGTH)
    customer = Line(max_length=NAME_LENGTH)
    latitude = Number(null=True)
    longitude = Number(null=True)
    is_active = BooleanField()
    created_at = Moment()
    updated_at = Moment()


class Connection(Table):
    """Row A2, what people decide."""

    site_id = ForeignKeyField(Site, column_name="site_id", lazy_load=False, unique=True, on_delete="CASCADE")
    broker_host = Line(max_length=HOST_LENGTH)
    broker_port = IntegerField()
    username = Line(max_length=NAME_LENGTH)
    sealed_password = LongText(SEALED_LENGTH)
    client_id_prefix = Line(max_length=NAME_LENGTH)
    topic_prefix = Line(max_length=NAME_LENGTH)
    tls_mode = Line(max_length=20)
    tls_ca_file = Line(max_length=PATH_LENGTH)
    tls_certificate_file = Line(max_length=PATH_LENGTH)
    tls_key_file = Line(max_length=PATH_LENGTH)
    keep_alive_interval = IntegerField()
    protocol = Line(max_length=20)
    heartbeat_interval = Number()
    heartbeat_timeout_multiplier = Number()
    retry_delay = Number()
    max_retry_delay = Number()
    max_retries = IntegerField()
    rolling_readings = IntegerField()
    device_timezone = Line(max_length=NAME_LENGTH)
    discovery_mode = Line(max_length=20)
    is_active = BooleanField()


class Topic(Table):
    """Row A3."""

    site_id = ForeignKeyField(Site, column_name="site_id", lazy_load=False, on_delete="CASCADE")
    topic_pattern = Line(max_length=FILTER_LENGTH)
    qos_level = IntegerField()
    is_active = BooleanField()


class ObservedConnection(Table):
    """Row A2, what the actors observe."""

    site_id = ForeignKeyField(Site, column_name="site_id", lazy_load=False, unique=True, on_delete="CASCADE")
    status = Word(Status)
    reason = Line(max_length=MESSAGE_LENGTH)
    retry_count = Count()
    next_retry_at = Moment(null=True)
    last_connected_at = Moment(null=True)
    last_message_at = Moment(null=True)
    error_kind = Line(max_length=NAME_LENGTH)
    error_message = Line(max_length=MESSAGE_LENGTH)
    connection_errors = Count()
    disconnected_at = Moment(null=True)
    link_digest = Line(max_length=DIGEST_LENGTH)


class Station(Table):
    """What gateways and dataloggers have in common."""

    site_id = ForeignKeyField(Site, column_name="site_id", lazy_load=False, on_delete="CASCADE")
    slot = Line(max_length=SLOT_LENGTH)
    serial_number = Line(max_length=SERIAL_LENGTH)
    label = Line(max_length=NAME_LENGTH, null=True)
    is_deleted = BooleanField(default=False)
    firmware_version = Line(max_length=NAME_LENGTH)
    ip_address = Line(max_length=NAME_LENGTH)
    availability = Word(Availability)
    availability_cause = Line(max_length=NAME_LENGTH)
    interval_seconds = Number(null=True)
    last_heartbeat = Moment(null=True)
    last_communication = Moment(null=True)
    total_heartbeats = Count()
    missed_heartbeats = Count()
    online_seconds = Number()
    observed_seconds = Number()
    last_downtime_start = Moment(null=True)
    clock_skew_seconds = Number(null=True)
    first_seen_at = Moment()
    raw_metadata = Json()

    class Meta:
        indexes = ((("site_id", "slot"), True),)


class Gateway(Station):
    """Row D1."""

    hostname = Line(max_length=NAME_LENGTH)
    cpu_usage_percent = Number(null=True)
    memory_usage_percent = Number(null=True)
    disk_usage_percent = Number(null=True)
    uptime_seconds = Number(null=True)


class Datalogger(Station):
    """Row D2."""

    datalogger_type = Line(max_length=NAME_LENGTH)
    instance_number = Count(null=True)
    acquisition = Line(max_length=NAME_LENGTH)


class Sensor(Table):
    """Rows D3 and D4. Its slot is its datalogger's."""

    site_id = ForeignKeyField(Site, column_name="site_id", lazy_load=False, on_delete="CASCADE")
    datalogger_id = ForeignKeyField(Datalogger, column_name="datalogger_id", lazy_load=False, on_delete="CASCADE")
    serial_number = Line(max_length=SERIAL_LENGTH)
    label = Line(max_length=NAME_LENGTH, null=True)
    is_deleted = BooleanField(default=False)
    sensor_type = Line(max_length=NAME_LENGTH)
    unit_of_measure = Line(max_length=NAME_LENGTH)
    availability = Word(Availability)
    availability_cause = Line(max_length=NAME_LENGTH)
    readings = Readings()
    channels = Channels()
    total_messages = Count()
    total_readings = Count()
    first_seen_at = Moment()
    last_seen_at = Moment(null=True)
    online_seconds = Number()
    observed_seconds = Number()
    consecutive_misses = Count()
    clock_skew_seconds = Number(null=True)

    class Meta:
        indexes = ((("datalogger_id", "serial_number"), True),)


class DiscoveredTopic(Table):
    """Row C2. The path is unique by its digest: no index of MariaDB holds a path of 65,535 bytes."""

    site_id = ForeignKeyField(Site, column_name="site_id", lazy_load=False, on_delete="CASCADE")
    path_digest = Line(max_length=DIGEST_LENGTH)
    topic_path = LongText(TOPIC_LENGTH)
    topic_pattern = LongText(TOPIC_LENGTH)
    first_seen_at = Moment()
    last_seen_at = Moment()
    message_count = Count()
    sample_payload = LongText(SAMPLE_LENGTH)
    is_processable = BooleanField()
    processor_name = Line(max_length=NAME_LENGTH)
    is_active = BooleanField(default=True)

    class Meta:
        indexes = ((("site_id", "path_digest"), True),)


class ConnectionLog(Table):
    """Row F7."""

    site_id = ForeignKeyField(Site, column_name="site_id", lazy_load=False, on_delete="CASCADE")
    at = Moment(index=True)
    level = Line(max_length=20)
    message = Line(max_length=MESSAGE_LENGTH)
    status = Word(Status)
    exception_type = Line(max_length=NAME_LENGTH)
    traceback = LongText(TRACEBACK_LENGTH)
    broker_host = Line(max_length=HOST_LENGTH)
    retry_attempt = Count()

    class Meta:
        indexes = ((("site_id", "at"), False),)


class ParsingLog(Table):
    """Row C7. Repeats of one fault, told by the digest of what they have in common, are one row."""

    site_id = ForeignKeyField(Site, column_name="site_id", lazy_load=False, on_delete="CASCADE")
    fault_digest = Line(max_length=DIGEST_LENGTH, unique=True)
    topic = LongText(TOPIC_LENGTH)
    parser = Line(max_length=NAME_LENGTH)
    error_type = Word(ErrorType)
    message = Line(max_length=MESSAGE_LENGTH)
    sample_payload = LongText(SAMPLE_LENGTH)
    exception = LongText(TRACEBACK_LENGTH)
    first_at = Moment()
    last_at = Moment(index=True)
    count = Count()

    class Meta:
        indexes = ((("site_id", "last_at"), False),)


class DeviceEvent(Table):
    """Row C3."""

    site_id = ForeignKeyField(Site, column_name="site_id", lazy_load=False, on_delete="CASCADE")
    at = Moment(index=True)
    event = Line(max_length=NAME_LENGTH)
    slot = Line(max_length=SLOT_LENGTH)
    message = Line(max_length=MESSAGE_LENGTH)

    class Meta:
        indexes = ((("site_id", "at"), False),)


class Delivery(Table):
    """Row C10: which messages of a site are counted already."""

    site_id = ForeignKeyField(Site, column_name="site_id", lazy_load=False, on_delete="CASCADE")
    part = IntegerField()
    first_number = Count()
    marks = Marks()

    class Meta:
        indexes = ((("site_id", "part"), True),)


class Gap(Table):
    """Row C10: when messages of a site may have been missed."""

    site_id = ForeignKeyField(Site, column_name="site_id", lazy_load=False, on_delete="CASCADE")
    started_at = Moment(index=True)
    ended_at = Moment()
    reason = Line(max_length=MESSAGE_LENGTH)

    class Meta:
        indexes = ((("site_id", "started_at"), False),)


class UserAccount(Table):
    """Row A4. `user` is a word of PostgreSQL's own."""

    name = Line(max_length=NAME_LENGTH, unique=True)
    password_hash = Line(max_length=NAME_LENGTH)
    is_superuser = BooleanField()
    created_at = Moment()


class ApiToken(Table):
    """A bearer token, as its SHA-256."""

    user_id = ForeignKeyField(UserAccount, column_name="user_id", lazy_load=False, on_delete="CASCADE")
    digest = Line(max_length=DIGEST_LENGTH, unique=True)
    created_at = Moment()


class SiteAccess(Table):
    """What a user may do with a site (row A4)."""

    user_id = ForeignKeyField(UserAccount, column_name="user_id", lazy_load=False, on_delete="CASCADE")
    site_id = ForeignKeyField(Site, column_name="site_id", lazy_load=False, on_delete="CASCADE")
    role = Line(max_length=20)

    class Meta:
        indexes = ((("user_id", "site_id"), True),)


TABLES: tuple[type[Table], ...] = (
    Installation,
    WrittenSpool,
    Site,
    Connection,
    Topic,
    ObservedConnection,
    Gateway,
    Datalogger,
    Sensor,
    DiscoveredTopic,
    ConnectionLog,
    ParsingLog,
    DeviceEvent,
    Delivery,
    Gap,
    UserAccount,
    ApiToken,
    SiteAccess,
)
