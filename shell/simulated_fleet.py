"""A fleet that is not there: its sites, what they publish (form P1 of the field's messages) and when."""

import heapq
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import NamedTuple

from .structure import DAY_SECONDS, Instrument, Noise, accelerometer, crack_gauge

# On each datalogger one instrument in so many is a crack gauge, and one in so many has a magnetometer and a gyroscope.
GAUGE_EVERY = 5
FIELD_EVERY = 3

# Digits that the field's firmware sends.
DIGITS = 6

GATEWAY_RAM_GB = 4.0
GATEWAY_DISK_GB = 32.0
FIRMWARE = "v2.3.1"


class Publication(NamedTuple):
    """A message as a device sends it."""

    topic: str
    payload: bytes


@dataclass(frozen=True)
class Datalogger:
    """A datalogger at a place of its site (`monstro`, 1), its instruments by serial number."""

    site: str
    type: str
    instance: int
    interval: float
    instruments: tuple[tuple[str, Instrument], ...]

    @property
    def serial(self) -> str:
        return f"{self.type.upper()}-{self.site}-{self.instance}"

    def publish(self, at: float, noise: Noise) -> Publication:
        """The heartbeat at `at` (epoch seconds). Times of the field's firmware are UTC without saying so."""
        time = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
        sensors = [
            {
                "device_name": serial,
                "ts": time,
                **{f"last_{name}": round(value, DIGITS) for name, value in instrument.read(at, noise).items()},
            }
            for serial, instrument in self.instruments
        ]
        payload = {
            "heart_beat": self.site,
            "serial_number": self.serial,
            "firmware_version": FIRMWARE,
            "message_interval_seconds": self.interval,
            "sensors_last_data": sensors,
        }
        topic = f"{self.site}/datalogger/{self.type}/{self.instance}/heartbeat"
        return Publication(topic, json.dumps(payload).encode())


@dataclass(frozen=True)
class Gateway:
    """The gateway of a site, running since `started_at` (epoch seconds)."""

    site: str
    number: int
    interval: float
    started_at: float

    @property
    def serial(self) -> str:
        return f"GW-{self.number:03d}"

    def publish(self, at: float, noise: Noise) -> Publication:
        """The heartbeat at `at` (epoch seconds)."""
        load, ram, disk = 12 + abs(noise(6)), 38 + noise(1), 21 + (at - self.started_at) / DAY_SECONDS % 50
        payload = {
            "serial_number": self.serial,
            "hostname": f"gateway-{self.site.replace('_', '-')}",
            "ip_address": f"10.8.{self.number // 250}.{self.number % 250 + 1}",
            "firmware_version": FIRMWARE,
            "os_version": "Debian 12",
            "system_uptime": round(at - self.started_at),
            "cpu_load_percent": round(load, 1),
            "ram_total_gb": GATEWAY_RAM_GB,
            "ram_used_gb": round(GATEWAY_RAM_GB * ram / 100, 2),
            "ram_percent_used": round(ram, 1),
            "disk_total_gb": GATEWAY_DISK_GB,
            "disk_free_gb": round(GATEWAY_DISK_GB * (1 - disk / 100), 1),
            "disk_percent_used": round(disk, 1),
        }
        return Publication(f"{self.site}/gateway/heartbeat", json.dumps(payload).encode())


Device = Datalogger | Gateway


@dataclass(frozen=True)
class Cadence:
    """How often devices publish, in seconds, and how long a day of theirs is."""

    dataloggers: float = 30.0
    gateways: float = 60.0
    day_seconds: float = DAY_SECONDS


def build_site(
    code: str, number: int, dataloggers: int, sensors: int, cadence: Cadence, random: Random, started_at: float
) -> tuple[Device, ...]:
    """A gateway and its dataloggers with their instruments; `number` makes its serial numbers its own."""
    devices: list[Device] = [Gateway(code, number, cadence.gateways, started_at)]
    for instance in range(1, dataloggers + 1):
        instruments: list[tuple[str, Instrument]] = []
        for place in range(1, sensors + 1):
            name = f"{number:03d}{instance:02d}{place:03d}"
            if place % GAUGE_EVERY == 0:
                instruments.append((f"MAS{name}", crack_gauge(random, cadence.day_seconds)))
            else:
                has_field = place % FIELD_EVERY == 0
                instruments.append((f"MNA{name}", accelerometer(random, has_field, cadence.day_seconds)))
        devices.append(Datalogger(code, "monstro", instance, cadence.dataloggers, tuple(instruments)))
    return tuple(devices)


class Rota:
    """Whose turn it is to publish: each device at its own interval, the devices spread evenly over it."""

    def __init__(self, devices: Sequence[Device], start: float) -> None:
        self.devices = devices
        self.turns = [(start + device.interval * i / len(devices), i) for i, device in enumerate(devices)]
        heapq.heapify(self.turns)

    def due(self, now: float) -> Iterator[tuple[float, Device]]:
        """Every turn before `now` that has not been taken, in order, as (time, device). A late caller misses none."""
        while self.turns[0][0] < now:
            at, index = self.turns[0]
            heapq.heapreplace(self.turns, (at + self.devices[index].interval, index))
            yield at, self.devices[index]

    @property
    def next(self) -> float:
        """When the next turn comes."""
        return self.turns[0][0]
