"""How many devices a site has, and how many of them are online."""

from collections import Counter
from collections.abc import Iterable

from pydantic import BaseModel

from ..store.records import Availability, DeviceRecord, Kind
from .live import Live


class DeviceCounts(BaseModel):
    """Devices of one site, without the deleted ones."""

    gateways: int
    gateways_online: int
    dataloggers: int
    dataloggers_online: int
    sensors: int
    sensors_online: int


class Census:
    """The devices of one site (`site_id`), or of all (None)."""

    def __init__(self, live: Live, site_id: int | None = None) -> None:
        dataloggers = live.devices(Kind.DATALOGGER, site_id)
        deleted = {datalogger.id for datalogger in dataloggers if datalogger.is_deleted}
        sensors = live.devices(Kind.SENSOR, site_id)
        self.gateways = Tally(live.devices(Kind.GATEWAY, site_id))
        self.dataloggers = Tally(dataloggers)
        self.sensors = Tally(sensor for sensor in sensors if sensor.datalogger_id not in deleted)

    def of(self, site_id: int) -> DeviceCounts:
        return DeviceCounts(
            gateways=self.gateways.present[site_id],
            gateways_online=self.gateways.online[site_id],
            dataloggers=self.dataloggers.present[site_id],
            dataloggers_online=self.dataloggers.online[site_id],
            sensors=self.sensors.present[site_id],
            sensors_online=self.sensors.online[site_id],
        )


class Tally:
    """Devices of one kind, by site."""

    def __init__(self, records: Iterable[DeviceRecord]) -> None:
        self.present: Counter[int] = Counter()
        self.online: Counter[int] = Counter()
        for record in records:
            if not record.is_deleted:
                self.present[record.site_id] += 1
                self.online[record.site_id] += record.availability is Availability.ONLINE
