"""How many devices a site has, and what is known of them."""

from collections import Counter
from collections.abc import Iterable
from typing import Annotated

from pydantic import BaseModel, Field

from ..store.records import Availability, DeviceRecord, Kind
from .devices import not_hidden
from .live import Live

# Of which nothing can be known now.
UnknownCount = Annotated[int, Field(description="while our link to the broker is down, and until heard after a start")]


class DeviceCounts(BaseModel):
    """Devices of one site, without the deleted ones. What is neither online nor unknown is offline or never seen."""

    gateways: int
    gateways_online: int
    gateways_unknown: UnknownCount
    dataloggers: int
    dataloggers_online: int
    dataloggers_unknown: UnknownCount
    sensors: int
    sensors_online: int
    sensors_unknown: UnknownCount


class Census:
    """The devices of one site (`site_id`), or of all (None)."""

    def __init__(self, live: Live, site_id: int | None = None) -> None:
        dataloggers = live.devices(Kind.DATALOGGER, site_id)
        self.gateways = Tally(live.devices(Kind.GATEWAY, site_id))
        self.dataloggers = Tally(dataloggers)
        self.sensors = Tally(not_hidden(live.devices(Kind.SENSOR, site_id), dataloggers))

    def of(self, site_id: int) -> DeviceCounts:
        return DeviceCounts(
            gateways=self.gateways.present[site_id],
            gateways_online=self.gateways.online[site_id],
            gateways_unknown=self.gateways.unknown[site_id],
            dataloggers=self.dataloggers.present[site_id],
            dataloggers_online=self.dataloggers.online[site_id],
            dataloggers_unknown=self.dataloggers.unknown[site_id],
            sensors=self.sensors.present[site_id],
            sensors_online=self.sensors.online[site_id],
            sensors_unknown=self.sensors.unknown[site_id],
        )


class Tally:
    """Devices of one kind, by site."""

    def __init__(self, records: Iterable[DeviceRecord]) -> None:
        self.present: Counter[int] = Counter()
        self.online: Counter[int] = Counter()
        self.unknown: Counter[int] = Counter()
        for record in records:
            if not record.is_deleted:
                self.present[record.site_id] += 1
                self.online[record.site_id] += record.availability is Availability.ONLINE
                self.unknown[record.site_id] += record.availability is Availability.UNKNOWN
