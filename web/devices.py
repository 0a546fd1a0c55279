"""What gateways, dataloggers and sensors have in common: how they are shown, filtered and found."""

from collections.abc import Sequence
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, computed_field

from ..store.records import Availability, DataloggerRecord, GatewayRecord, SensorRecord
from .access import Caller
from .errors import NotFound
from .paging import LARGEST_ID, LONGEST_SEARCH, PageQuery
from .times import Time

Record = TypeVar("Record", GatewayRecord, DataloggerRecord, SensorRecord)

# fmt: off
DeviceOrder = Literal[
    "id", "-id", "site_id", "-site_id", "label", "-label", "name", "-name", "serial_number", "-serial_number",
    "availability", "-availability",
]
HeartbeatOrder = Literal[
    DeviceOrder, "last_heartbeat", "-last_heartbeat", "last_communication", "-last_communication",
]
# fmt: on


class DeviceView(BaseModel):
    """A device, in the spec's names and, beside them, those of older clients."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    site_id: int
    serial_number: str
    given_label: str | None = Field(validation_alias="label", exclude=True)
    availability: Availability
    availability_cause: str = Field(
        description="why it is unknown or offline: link_down, gateway_offline, gateway_silent (late too),"
        " restarted (not heard since our start);"
        " empty: by its own silence, or there is nothing to explain"
    )
    is_deleted: bool
    first_seen_at: Time
    clock_skew_seconds: float | None = Field(description="the device's clock minus ours")
    online_seconds: float = Field(exclude=True)
    observed_seconds: float = Field(exclude=True)

    @computed_field(description="what a person called it, else its serial number")
    def label(self) -> str:
        return self.given_label or self.serial_number

    @computed_field(description="older name of `label`")
    def name(self) -> str:
        return self.given_label or self.serial_number

    @computed_field
    def is_online(self) -> bool:
        return self.availability is Availability.ONLINE

    @computed_field(description="share of the time in which we could hear it; null before the first")
    def uptime_percentage(self) -> float | None:
        return 100 * self.online_seconds / self.observed_seconds if self.observed_seconds else None

    @computed_field(description="how long we could hear it")
    def coverage_seconds(self) -> float:
        return self.observed_seconds


class HeartbeatView(DeviceView):
    """A device that sends heartbeats: a gateway or a datalogger."""

    slot: str = Field(description="its place in the site, as its topics name it")
    ip_address: str
    firmware_version: str
    interval_seconds: float | None = Field(description="between heartbeats, as the device declares it")
    last_heartbeat: Time | None
    last_communication: Time | None
    total_heartbeats: int
    missed_heartbeats: int
    last_downtime_start: Time | None
    raw_metadata: dict[str, Any]


class DeviceQuery(PageQuery):
    """Which devices."""

    site_id: int | None = Field(None, ge=1, le=LARGEST_ID)
    availability: Availability | None = None
    is_online: bool | None = None
    search: str = Field("", max_length=LONGEST_SEARCH, description="part of the label or serial number")
    deleted: bool = Field(False, description="the deleted ones instead of the others")


def not_hidden(sensors: Sequence[SensorRecord], dataloggers: Sequence[DataloggerRecord]) -> list[SensorRecord]:
    """Return those of `sensors` whose datalogger is not deleted."""
    hidden = {datalogger.id for datalogger in dataloggers if datalogger.is_deleted}
    return [sensor for sensor in sensors if sensor.datalogger_id not in hidden]


def selected(records: Sequence[Record], query: DeviceQuery, caller: Caller) -> list[Record]:
    """Return those of `records` that `caller` may see and `query` asks for."""
    return [
        record
        for record in records
        if caller.sees(record.site_id)
        and record.is_deleted == query.deleted
        and query.site_id in (None, record.site_id)
        and query.availability in (None, record.availability)
        and query.is_online in (None, record.availability is Availability.ONLINE)
        and (not query.search or is_found(record, query.search))
    ]


def is_found(record: GatewayRecord | DataloggerRecord | SensorRecord, search: str) -> bool:
    wanted = search.casefold()
    return wanted in record.serial_number.casefold() or wanted in (record.label or "").casefold()


def field_of(record: GatewayRecord | DataloggerRecord | SensorRecord, name: str) -> Any:
    """Return the value to sort by; names are sorted as people read them."""
    if name in ("label", "name"):
        return (record.label or record.serial_number).casefold()
    return getattr(record, name)


def seen(caller: Caller, record: Record | None, what: str) -> Record:
    """Return `record`, deleted or not. Raises `NotFound` if there is none or `caller` may not know of it."""
    if record is None:
        raise NotFound(what)
    caller.must_see(record.site_id, what)
    return record


def seen_alive(caller: Caller, record: Record | None, what: str) -> Record:
    """Return `record` as `seen` does, but a deleted device is not there either."""
    record = seen(caller, record, what)
    if record.is_deleted:
        raise NotFound(what)
    return record
