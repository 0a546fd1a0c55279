"""What a site sends: heartbeats in the field's most common form (P1), and how they come to the broker."""

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

from servers.mosquitto import Mosquitto
from sitewarden.shell.fleet_publisher import FleetPublisher
from sitewarden.shell.simulated_fleet import Publication

START = datetime(2025, 10, 14, 13, 57, 16, tzinfo=UTC)
SENSORS = 2  # of each datalogger

CONNECT_SECONDS = 10.0
DRAIN_SECONDS = 60.0


def heartbeat_topic(site: str, instance: object = 1) -> str:
    return f"{site}/datalogger/monstro/{instance}/heartbeat"


def serials(instance: int) -> list[str]:
    """The sensors of a datalogger."""
    return [f"MNA{instance:03d}{place}" for place in range(1, SENSORS + 1)]


def value_of(number: int) -> float:
    """What a sensor reads on z in its heartbeat of that number."""
    return 1 + number % 100 / 1000


def heartbeat(site: str, instance: int, number: int, interval: float | None = None) -> Publication:
    """A datalogger's heartbeat; each `number` is another time with other values, so a new reading."""
    at = (START + timedelta(seconds=number)).strftime("%Y-%m-%d %H:%M:%S.%f")
    readings = {"ts": at, "last_acc00": -0.005, "last_acc02": value_of(number)}
    sensors = [{"device_name": serial, **readings} for serial in serials(instance)]
    payload: dict[str, object] = {"heart_beat": site, "sensors_last_data": sensors}
    if interval is not None:
        payload["message_interval_seconds"] = interval
    return Publication(heartbeat_topic(site, instance), json.dumps(payload).encode())


def gateway_heartbeat(site: str, interval: float | None = None) -> Publication:
    payload: dict[str, object] = {"serial_number": f"GW-{site}", "hostname": site, "cpu_load_percent": 12.5}
    if interval is not None:
        payload["message_interval_seconds"] = interval
    return Publication(f"{site}/gateway/heartbeat", json.dumps(payload).encode())


def publish(broker: Mosquitto, publications: Iterable[Publication]) -> None:
    """Publish at QoS 1; when this returns, the broker has acknowledged them all."""
    with closing(FleetPublisher(broker.host, broker.port)) as publisher:
        publisher.open(CONNECT_SECONDS)
        for publication in publications:
            publisher.publish(publication)
        publisher.drain(DRAIN_SECONDS)
        assert publisher.tally.acknowledged == publisher.tally.published, publisher.tally
        assert publisher.tally.refused == 0, publisher.tally


class Load:
    """A site that goes on sending, in a thread of its own, until it is ended. `make(n)` is its n-th message."""

    def __init__(self, broker: Mosquitto, make: Callable[[int], Publication], pause: float) -> None:
        """`pause` is in seconds, between two messages."""
        self.make = make
        self.pause = pause
        self.publisher = FleetPublisher(broker.host, broker.port)
        self.publisher.open(CONNECT_SECONDS)
        self.is_over = threading.Event()
        self.sending = threading.Lock()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self) -> None:
        while not self.is_over.wait(self.pause):
            with self.sending:
                self.publisher.publish(self.make(self.publisher.published))

    @contextmanager
    def silence(self) -> Iterator[None]:
        """Send nothing inside the block, at whose beginning the broker has acknowledged all that was sent."""
        with self.sending:
            self.publisher.drain(DRAIN_SECONDS)
            yield

    @property
    def published(self) -> int:
        return self.publisher.published

    def end(self) -> int:
        """Stop sending; give how many messages the broker has acknowledged, which is all of them."""
        self.is_over.set()
        self.thread.join()
        self.publisher.drain(DRAIN_SECONDS)
        tally = self.publisher.tally
        assert tally.acknowledged == tally.published, tally
        return tally.acknowledged

    def close(self) -> None:
        """End it, also if a test gave up half way."""
        self.is_over.set()
        self.thread.join()
        self.publisher.close()
