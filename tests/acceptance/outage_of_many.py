"""A broker with many sites goes and comes back while a few on another go on; `bench/reconnects.py` runs it too."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from statistics import quantiles
from typing import NamedTuple

from servers.fault_proxy import FaultProxy
from servers.mosquitto import Mosquitto
from servers.process import wait_until
from sitewarden.shell.fleet_publisher import FleetPublisher

from .field import CONNECT_SECONDS, heartbeat
from .product import DATALOGGERS, Product

MANY = [f"sito_{number:03d}" for number in range(1, 101)]
FEW = [f"diga_{number}" for number in range(1, 6)]
PAUSE = 0.01  # seconds between two samples of the latency
SHOWN_WITHIN = 10.0  # seconds; a sample that takes longer has failed
CENT = 99  # the last of the cut points that make a hundred parts


class Outage(NamedTuple):
    """What was seen; all in seconds, those of `dials` after the broker went, of `reconnects` after it was back."""

    dials: list[float]
    reconnects: list[float]
    back_within: float
    latency_before: float  # 99th percentile on the other broker, from publishing to the API
    latency_meanwhile: float
    samples: int  # of the smaller of the two

    def largest_share(self, bucket: float) -> float:
        """The largest part of all reconnects that fell into one bucket of time (seconds)."""
        return max(Counter(int(at / bucket) for at in self.reconnects).values()) / len(self.reconnects)


class Sampler:
    """Publishes a heartbeat of the few, waits until the API shows it, and so on, in a thread, until it is closed."""

    def __init__(self, product: Product, broker: Mosquitto) -> None:
        self.product = product
        self.sent: Counter[str] = Counter()
        self.taken: list[tuple[float, float]] = []  # when it was published, how long it took
        self.failure: Exception | None = None
        self.publisher = FleetPublisher(broker.host, broker.port)
        self.publisher.open(CONNECT_SECONDS)
        self.ids = {site: self.first(site) for site in FEW}
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def first(self, site: str) -> int:
        """Have a site's datalogger discovered; give its id."""
        self.send(site)
        self.product.wait_for(lambda: self.product.has_counted(site, 1))
        [logger] = self.product.devices(DATALOGGERS, site).values()
        return int(logger["id"])

    def send(self, site: str) -> None:
        self.publisher.publish(heartbeat(site, 1, self.sent[site]))
        self.sent[site] += 1

    def run(self) -> None:
        try:
            while not self.is_over.wait(PAUSE):
                self.take(FEW[len(self.taken) % len(FEW)])
        except Exception as error:  # noqa: BLE001 - whatever it was, the one who measures is to hear of it
            self.failure = error

    def take(self, site: str) -> None:
        path, at = f"{DATALOGGERS}{self.ids[site]}/", time.monotonic()
        self.send(site)
        if not wait_until(lambda: self.product.get(path)["total_heartbeats"] == self.sent[site], SHOWN_WITHIN):
            raise AssertionError(f"a heartbeat of {site} was not shown in time")
        self.taken.append((at, time.monotonic() - at))

    def between(self, start: float, end: float) -> list[float]:
        return [took for at, took in self.taken if start <= at < end]

    def close(self) -> None:
        self.is_over.set()
        self.thread.join()
        self.publisher.close()


def connected(product: Product, sites: list[str]) -> int:
    """How many of the sites are connected."""
    codes = {site["code"] for site in product.status()["sites"] if site["status"] == "connected"}
    return len(codes.intersection(sites))


def run_outage(
    product: Product, broker: Mosquitto, other: Mosquitto, seconds: float, progress: Callable[[str], None]
) -> Outage:
    """Let the broker of the many be away for so long; give what was seen, or fail if somebody does not come back.

    The sites' retry delays are those of a 60-second outage at the default of 5, in proportion.
    """
    product.environment |= {"MQTT_MAX_CONNECTIONS": str(len(MANY) + len(FEW)), "MQTT_RETRY_JITTER": "0.2"}
    with FaultProxy(broker.port) as way:
        delay = 5 * seconds / 60
        product.install_fleet(
            {code: way for code in MANY} | {code: other for code in FEW}, retry_delay=delay, max_retry_delay=60 * delay
        )
        product.run()
        product.wait_for(lambda: connected(product, MANY + FEW) == len(MANY + FEW))
        with closing(Sampler(product, other)) as sampler:
            progress(f"{len(MANY)} sites are connected; latency is measured for {seconds:g} s")
            quiet = time.monotonic()
            sampler.is_over.wait(seconds)
            broker.kill()
            gone = time.monotonic()
            progress(f"the broker is away for {seconds:g} s")
            sampler.is_over.wait(seconds)
            broker.start()
            back = time.monotonic()
            progress("the broker is back")
            assert wait_until(lambda: connected(product, MANY) == len(MANY), seconds), (
                f"{connected(product, MANY)} of {len(MANY)} are back"
            )
            end = time.monotonic()
        assert sampler.failure is None, sampler.failure
        before, meanwhile = sampler.between(quiet, gone), sampler.between(gone, end)
        for site in FEW:
            product.wait_for(lambda site=site: product.has_counted(site, sampler.sent[site]))
            assert product.site_status(site)["connection_errors"] == 0
        return Outage(
            dials=[at - gone for at in way.accepted if gone <= at < back],
            reconnects=[at - back for at in way.accepted if at >= back],
            back_within=end - back,
            latency_before=quantiles(before, n=CENT + 1)[-1],
            latency_meanwhile=quantiles(meanwhile, n=CENT + 1)[-1],
            samples=min(len(before), len(meanwhile)),
        )
