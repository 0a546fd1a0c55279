"""What the demo's table shows of time: messages per second of a site, and the recent values of a channel."""

from collections import deque
from typing import NamedTuple

from ..actors.messages import SiteReport
from ..store.records import Availability, DataloggerRecord, DeviceKey, DeviceRecord, GatewayRecord, SensorRecord

# Seconds over which messages are averaged: two intervals of the demo's devices, so that the figure stands still.
RATE_WINDOW_SECONDS = 10.0

# Values of the longest sparkline.
TREND_LENGTH = 48

TILT = "incli_x"

BLOCKS = "▁▂▃▄▅▆▇█"
ASCII_BLOCKS = "_.-=+*#"


class Snapshot(NamedTuple):
    """Everything at one moment (`at`, epoch seconds), without what was deleted."""

    at: float
    sites: tuple[SiteReport, ...]
    gateways: tuple[GatewayRecord, ...]
    dataloggers: tuple[DataloggerRecord, ...]
    sensors: tuple[SensorRecord, ...]

    def heartbeats(self, site_id: int) -> int:
        devices: list[GatewayRecord | DataloggerRecord] = [*self.gateways, *self.dataloggers]
        return sum(device.total_heartbeats for device in devices if device.site_id == site_id)

    def devices(self, site_id: int) -> tuple[int, int]:
        """How many devices of a site are online, and how many there are."""
        every: list[DeviceRecord] = [*self.gateways, *self.dataloggers, *self.sensors]
        devices = [device for device in every if device.site_id == site_id]
        return sum(device.availability is Availability.ONLINE for device in devices), len(devices)

    def shown_sensor(self, datalogger: DataloggerRecord) -> SensorRecord | None:
        """The sensor that stands for its datalogger: the first that has a reading, inclinometers before others."""
        sensors = [s for s in self.sensors if s.datalogger_key == datalogger.key and s.readings]
        return min(sensors, key=lambda sensor: (shown_channel(sensor) != TILT, sensor.serial_number), default=None)


class Trends:
    """Remembers, from snapshot to snapshot, what a rate and a sparkline need."""

    def __init__(self) -> None:
        self.heartbeats: dict[int, deque[tuple[float, int]]] = {}
        self.values: dict[DeviceKey, deque[tuple[float, float]]] = {}

    def add(self, snapshot: Snapshot) -> None:
        """Take in the newest snapshot."""
        for report in snapshot.sites:
            site_id = report.configuration.site.id
            counts = self.heartbeats.setdefault(site_id, deque())
            counts.append((snapshot.at, snapshot.heartbeats(site_id)))
            while counts[0][0] < snapshot.at - RATE_WINDOW_SECONDS:
                counts.popleft()
        for sensor in snapshot.sensors:
            if sensor.readings:
                newest = sensor.readings[0]
                values = self.values.setdefault(sensor.key, deque(maxlen=TREND_LENGTH))
                if not values or values[-1][0] != newest.received_at:
                    values.append((newest.received_at, newest.channels[shown_channel(sensor)]))

    def rate(self, site_id: int) -> float:
        """Heartbeats per second over the last seconds."""
        counts = self.heartbeats.get(site_id)
        if not counts or counts[-1][0] == counts[0][0]:
            return 0.0
        return (counts[-1][1] - counts[0][1]) / (counts[-1][0] - counts[0][0])

    def sparkline(self, sensor: SensorRecord, length: int, blocks: str = BLOCKS) -> str:
        """The last `length` values of the sensor's shown channel, each a block between their least and greatest."""
        values = [value for _, value in self.values.get(sensor.key, ())][-length:]
        if not values:
            return ""
        least, span = min(values), max(values) - min(values)
        top = len(blocks) - 1
        return "".join(blocks[round((value - least) / span * top) if span else top // 2] for value in values)


def shown_channel(sensor: SensorRecord) -> str:
    """The channel that says most about a structure: its tilt if it has one."""
    channels = sensor.readings[0].channels
    return TILT if TILT in channels else min(channels)
