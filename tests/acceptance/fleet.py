"""The fleet that the product must carry: 20 sites of 50 devices, each heartbeat every 5 seconds."""

import threading
import time
from collections import Counter
from random import Random
from typing import Any

from servers.mosquitto import Mosquitto
from sitewarden.shell.fleet_publisher import FleetPublisher
from sitewarden.shell.simulated_fleet import Cadence, Datalogger, Device, Rota, build_site

from .field import CONNECT_SECONDS, DRAIN_SECONDS
from .product import DATALOGGERS, GATEWAYS, KINDS, SENSORS, Product

SITES = [f"sito_{number:03d}" for number in range(1, 21)]
DATALOGGERS_OF_SITE, SENSORS_OF_DATALOGGER = 7, 6
DEVICES = len(SITES) * (1 + DATALOGGERS_OF_SITE * (1 + SENSORS_OF_DATALOGGER))
HEARTBEATS_OF_ROUND = len(SITES) * (1 + DATALOGGERS_OF_SITE)
INTERVAL = 5.0  # seconds

Place = tuple[str, int, str]  # kind, site, serial number


class FleetInTheField:
    """The devices of all sites at their work, in a thread of its own; each sends `rounds` heartbeats."""

    def __init__(self, broker: Mosquitto, site_ids: dict[str, int], rounds: int) -> None:
        cadence = Cadence(INTERVAL, INTERVAL)
        self.devices = [
            device
            for number, code in enumerate(SITES, start=1)
            for device in build_site(
                code, number, DATALOGGERS_OF_SITE, SENSORS_OF_DATALOGGER, cadence, Random(code), time.time()
            )
        ]
        self.site_ids = site_ids
        self.rounds = rounds
        self.first_sent: dict[Place, float] = {}  # monotonic
        self.sent: Counter[Place] = Counter()
        self.publisher = FleetPublisher(broker.host, broker.port)
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def start(self) -> None:
        self.publisher.open(CONNECT_SECONDS)
        self.thread.start()

    def run(self) -> None:
        start = time.monotonic()
        epoch = time.time() - start
        end = start + self.rounds * INTERVAL
        rota = Rota(self.devices, start)
        random = Random(1)
        while rota.next < end and not self.is_over.wait(max(0.0, rota.next - time.monotonic())):
            for at, device in rota.due(min(time.monotonic(), end)):
                places = self.places(device)
                for place in places:
                    self.first_sent.setdefault(place, time.monotonic())
                self.publisher.publish(device.publish(epoch + at, lambda deviation: random.gauss(0, deviation)))
                self.sent.update(places)
        self.publisher.drain(DRAIN_SECONDS)

    def places(self, device: Device) -> list[Place]:
        """The devices that a heartbeat speaks of."""
        site = self.site_ids[device.site]
        if isinstance(device, Datalogger):
            sensors: list[Place] = [(SENSORS, site, serial) for serial, _ in device.instruments]
            return [(DATALOGGERS, site, device.serial), *sensors]
        return [(GATEWAYS, site, device.serial)]

    def close(self) -> None:
        self.is_over.set()
        if self.thread.is_alive():
            self.thread.join()
        self.publisher.close()


def place_of(kind: str, device: dict[str, Any]) -> Place:
    return kind, device["site_id"], device["serial_number"]


def visible(product: Product) -> dict[Place, int]:
    """The ids of all devices that the API tells of."""
    return {place_of(kind, device): device["id"] for kind in KINDS for device in product.rows(kind)}
