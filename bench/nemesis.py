"""The faults of the soak, each with its end: when one of them returns, nothing is broken by it any more."""

import resource
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from random import Random

import psutil
from acceptance.field import Load, publish
from acceptance.poison_parser import poison
from acceptance.product import Product
from acceptance.rubbish import rubbish
from servers.fault_proxy import FaultProxy, Way
from servers.mosquitto import Mosquitto
from servers.process import wait_until

# Long enough for a keep-alive of 5 s to notice, short enough to be over before the next fault. Seconds.
LONG = 11.0
SHORT = 5.0

CUTS = 3
RUBBISH = 200
POISONS = ("value", "recursion", "memory", "datalogger", "sensor", "site")
SAVED_WITHIN = 10.0  # seconds; the broker saves each second
TAKEN_WITHIN = 60.0  # seconds

Fault = Callable[[], None]


class Nemesis:
    """All that can go wrong between a broker's sites, the product and its database. `load` is the broker's field."""

    def __init__(
        self,
        product: Product,
        broker: Mosquitto,
        ways: dict[str, FaultProxy],
        load: Load,
        is_drained: Callable[[], bool],
        random: Random,
    ) -> None:
        self.product = product
        self.broker = broker
        self.ways = ways
        self.load = load
        self.is_drained = is_drained
        self.random = random
        self.pause = threading.Event().wait
        self.poisoned = 0

    @property
    def of_links(self) -> list[Fault]:
        return [self.cut, self.close, self.refuse, self.ignore, self.slow, self.black_hole, self.one_way]

    @property
    def of_brokers(self) -> list[Fault]:
        return [self.freeze, self.restart_broker, self.kill_broker]

    @property
    def of_databases(self) -> list[Fault]:
        return [self.lock_database, self.fill_disk]

    @property
    def of_messages(self) -> list[Fault]:
        return [self.publish_rubbish, self.publish_poison]

    @property
    def of_processes(self) -> list[Fault]:
        return [self.kill_product, self.stop_product]

    def one(self) -> FaultProxy:
        return self.random.choice(list(self.ways.values()))

    def cut(self) -> None:
        way = self.one()
        for _ in range(CUTS):
            way.cut()
            self.pause(SHORT / CUTS)

    def close(self) -> None:
        for way in self.ways.values():
            way.hang_up()

    def refuse(self) -> None:
        way = self.one()
        way.refuse()
        self.broken(way, SHORT)

    def ignore(self) -> None:
        way = self.one()
        way.ignore()
        self.broken(way, SHORT)

    def broken(self, way: FaultProxy, seconds: float) -> None:
        way.cut()
        self.pause(seconds)
        way.mend()

    def slow(self) -> None:
        way = self.one()
        way.delay(1.0)
        self.pause(SHORT)
        way.mend()

    def black_hole(self) -> None:
        self.swallow()

    def one_way(self) -> None:
        self.swallow(self.random.choice(list(Way)))

    def swallow(self, *ways: Way) -> None:
        way = self.one()
        way.swallow(*ways)
        self.pause(LONG)
        way.mend()

    def freeze(self) -> None:
        self.broker.freeze()
        self.pause(LONG)
        self.broker.thaw()

    def restart_broker(self) -> None:
        """While nothing is on its way to it: of what it has not acknowledged nobody could say how often it came."""
        with self.load.silence():
            self.broker.stop()
            self.pause(SHORT)
            self.broker.start()

    def kill_broker(self) -> None:
        """While all is counted and saved: what a broker had not saved it loses, or sends again, by itself."""
        with self.load.silence():
            if not wait_until(self.is_drained, TAKEN_WITHIN):
                raise AssertionError("what was published is not all counted")
            saved = self.broker.directory / "mosquitto.db"
            before = saved.stat().st_mtime_ns
            if not wait_until(lambda: saved.stat().st_mtime_ns > before, SAVED_WITHIN):
                raise AssertionError("the broker does not save its sessions")
            self.broker.kill()
            self.pause(SHORT)
            self.broker.start()

    def lock_database(self) -> None:
        with closing(sqlite3.connect(self.product.database_file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            self.pause(LONG)
            other.execute("ROLLBACK")

    def fill_disk(self) -> None:
        process = psutil.Process(self.product.running[-1].pid)
        _, most = process.rlimit(resource.RLIMIT_FSIZE)
        process.rlimit(resource.RLIMIT_FSIZE, (0, most))
        self.pause(SHORT)
        process.rlimit(resource.RLIMIT_FSIZE, (most, most))

    def publish_rubbish(self) -> None:
        site = self.random.choice(list(self.ways))
        publish(self.broker, (piece for kind, piece in rubbish(site, RUBBISH, self.random) if kind.is_refused))

    def publish_poison(self) -> None:
        self.poisoned += 1
        site = self.random.choice(list(self.ways))
        publish(self.broker, [poison(site, self.random.choice(POISONS), self.poisoned)])

    def kill_product(self) -> None:
        self.product.kill(self.product.running[-1])
        self.product.run()

    def stop_product(self) -> None:
        code = self.product.stop(self.product.running[-1])
        if code:
            raise AssertionError(f"it ended with {code}")
        self.product.run()


@contextmanager
def ways_to(broker: Mosquitto, sites: list[str]) -> Iterator[dict[str, FaultProxy]]:
    """A way of its own to the broker for each site."""
    with ExitStack() as proxies:
        yield {site: proxies.enter_context(FaultProxy(broker.port)) for site in sites}
