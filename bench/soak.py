"""A fault each 20 seconds, for half an hour: is everything counted, and does nothing grow?

Usage: `make build`, then `PYTHONPATH=tests .venv/bin/python bench/soak.py --minutes 30`. Prints a line a minute and a
verdict; exits with 1 if a message is lost or counted twice, or if something has grown.
"""

import argparse
import secrets
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from random import Random
from statistics import mean
from typing import NamedTuple

import psutil
from acceptance import poison_parser
from acceptance.field import Load, heartbeat, publish
from acceptance.product import Product
from nemesis import Fault, Nemesis, ways_to
from rich.console import Console
from rich.table import Table
from servers.mosquitto import Mosquitto
from servers.process import wait_until
from sitewarden.shell.simulated_fleet import Publication

BROKEN = [f"ponte_{number}" for number in range(1, 5)]  # the sites whose broker and ways have the faults
WHOLE = "diga"  # a site on a broker of its own
INSTANCES = (2, 3, 4)  # the poison speaks of datalogger 1
PAUSE = 0.02  # seconds between two messages of a broker's field

# As an installation has them, but for links that come back within a fault's turn.
LINK = {"keep_alive_interval": 5, "retry_delay": 1, "max_retry_delay": 5, "max_retries": 1_000_000}
BROKER = ("max_queued_messages 1000000", "max_inflight_messages 100")

# In the first part of the run the product itself is killed and stopped; in the rest it must live, and is measured.
SHARE_WITH_KILLS = 0.2

BACK_WITHIN = 60.0  # seconds after a fault
# What a process may grow by between the second and the last third of its measured life, and still count as flat. In the
# first third it warms up: caches are being filled, and its heap finds its size.
FLAT = {"RSS MiB": 3.0, "descriptors": 2, "threads": 1, "actors": 0}
MIB = 2**20


class Sample(NamedTuple):
    """What the product takes, at a moment when nothing is broken."""

    at: float  # seconds after the beginning
    rss: float  # MiB
    descriptors: int
    threads: int
    actors: int


def describe(sample: Sample) -> str:
    return f"{sample.rss} MiB, {sample.descriptors} descriptors, {sample.threads} threads, {sample.actors} actors"


def make_for(sites: list[str], number: int) -> Publication:
    """A heartbeat of each datalogger of the sites in turn."""
    turn, place = divmod(number, len(sites) * len(INSTANCES))
    site, instance = divmod(place, len(INSTANCES))
    return heartbeat(sites[site], INSTANCES[instance], turn)


def expected(sites: list[str], published: int) -> dict[tuple[str, str], int]:
    """How many heartbeats each datalogger has sent when so many were published."""
    places = [(site, f"monstro_{instance}") for site in sites for instance in INSTANCES]
    return {place: len(range(number, published, len(places))) for number, place in enumerate(places)}


class Deck:
    """Deals faults, each once before any comes again."""

    def __init__(self, faults: list[Fault], random: Random) -> None:
        self.faults = faults
        self.random = random
        self.left: list[Fault] = []

    def deal(self) -> Fault:
        if not self.left:
            self.left = self.random.sample(self.faults, len(self.faults))
        return self.left.pop()


class Soak:
    """One run. `ledger` says what must be counted."""

    def __init__(self, product: Product, loads: dict[tuple[str, ...], Load], console: Console) -> None:
        self.product = product
        self.loads = loads
        self.console = console
        self.begun = time.monotonic()
        self.samples: list[Sample] = []
        self.faults = 0

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self.begun

    def ledger(self) -> dict[tuple[str, str], int]:
        counts: dict[tuple[str, str], int] = {}
        for sites, load in self.loads.items():
            counts |= expected(list(sites), load.published)
        return counts

    def counted(self) -> dict[tuple[str, str], int]:
        known = [place[1] for place in expected([WHOLE], 0)]
        return {
            (site, serial): count
            for site in (*BROKEN, WHOLE)
            for serial, count in self.product.heartbeats(site).items()
            if serial in known
        }

    def has_counted(self, sites: list[str]) -> bool:
        """Whether all that was published so far for these sites is counted."""
        counted = self.counted()
        return all(counted.get(place) == count for place, count in self.ledger().items() if place[0] in sites)

    def run(self, nemesis: Nemesis, seconds: float, every: float, random: Random) -> None:
        """Break something each `every` seconds for so long, and tell of it each minute."""
        told = 0.0
        lasting = [*nemesis.of_links, *nemesis.of_brokers, *nemesis.of_databases, *nemesis.of_messages]
        with_kills, without = Deck([*lasting, *nemesis.of_processes], random), Deck(lasting, random)
        while self.elapsed < seconds:
            next_at = self.elapsed + every
            has_kills = self.elapsed < SHARE_WITH_KILLS * seconds
            self.strike((with_kills if has_kills else without).deal())
            if not has_kills:
                self.samples.append(self.sample())
            if self.elapsed // 60 > told:
                told = self.elapsed // 60
                self.console.print(f"{told:3.0f} min, {self.faults} faults: {describe(self.sample())}", soft_wrap=True)
            time.sleep(max(0.0, min(next_at, seconds) - self.elapsed))

    def strike(self, fault: Fault) -> None:
        self.console.print(f"[dim]{self.elapsed:7.1f} s  {fault.__name__}[/dim]")
        fault()
        self.faults += 1
        if not wait_until(self.is_well, BACK_WITHIN):
            raise SystemExit(f"{fault.__name__}: not well {BACK_WITHIN:g} s later: {self.product.status()}")

    def is_well(self) -> bool:
        return self.product.is_connected() and self.product.health() == "ok"

    def sample(self) -> Sample:
        process = psutil.Process(self.product.running[-1].pid)
        actors = self.product.get("system/actors/", page_size=1)["count"]
        rss = process.memory_info().rss / MIB
        return Sample(round(self.elapsed), round(rss, 1), process.num_fds(), process.num_threads(), actors)

    def end(self) -> bool:
        """Let all be counted; print the verdict and give it."""
        for load in self.loads.values():
            load.end()
        is_exact = wait_until(lambda: self.has_counted([*BROKEN, WHOLE]), BACK_WITHIN)
        if not is_exact:
            self.console.print("counted", self.counted(), "published", self.ledger(), sep="\n")
        code = self.product.stop(self.product.running[-1])
        total = sum(self.ledger().values())
        self.console.print(f"{self.faults} faults, {total} messages, {'each' if is_exact else 'NOT each'} counted once")
        return self.tell_growth() and is_exact and code == 0

    def tell_growth(self) -> bool:
        table = Table("", "second third", "last third", "verdict", title="What it took")
        third = len(self.samples) // 3
        if not third:
            self.console.print("too short to say what grows")
            return True
        is_flat = True
        for place, (name, allowed) in enumerate(FLAT.items(), start=1):
            first = mean(sample[place] for sample in self.samples[third : 2 * third])
            last = mean(sample[place] for sample in self.samples[-third:])
            has_grown = last - first > allowed
            is_flat = is_flat and not has_grown
            table.add_row(name, f"{first:.1f}", f"{last:.1f}", "GROWN" if has_grown else "flat")
        self.console.print(table)
        return is_flat


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0, help="(default %(default)s)")
    parser.add_argument("--every", type=float, default=20.0, help="seconds between two faults (default %(default)s)")
    parser.add_argument("--seed", type=int, default=secrets.randbits(32), help="of the faults' order (default: random)")
    options = parser.parse_args()
    console, random = Console(), Random(options.seed)
    console.print(f"seed {options.seed}")
    with (
        tempfile.TemporaryDirectory() as directory,
        Mosquitto(BROKER, is_persistent=True) as broker,
        Mosquitto(BROKER) as whole,
        ways_to(broker, BROKEN) as ways,
        closing(Product(Path(directory))) as product,
    ):
        product.environment |= {"PERSIST_INTERVAL": "5", "MQTT_CONNECT_TIMEOUT": "4", "MQTT_RETRY_JITTER": "0.2"}
        poison_parser.install(Path(directory) / "installed", product.environment)
        product.install_fleet({**ways, WHOLE: whole}, **LINK)
        product.run_connected()
        publish(broker, [heartbeat(site, 1, 0) for site in BROKEN])  # the device that the poison speaks of
        with (
            closing(Load(broker, lambda number: make_for(BROKEN, number), PAUSE)) as load,
            closing(Load(whole, lambda number: make_for([WHOLE], number), PAUSE)) as whole_load,
        ):
            loads = {tuple(BROKEN): load, (WHOLE,): whole_load}
            soak = Soak(product, loads, console)
            nemesis = Nemesis(product, broker, ways, load, lambda: soak.has_counted(BROKEN), random)
            soak.run(nemesis, 60 * options.minutes, options.every, random)
            is_good = soak.end()
    sys.exit(0 if is_good else 1)


if __name__ == "__main__":
    main()
