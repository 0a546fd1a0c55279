"""What a fleet costs, quiet and at work, and how soon a new device shows. Usage: `make bench`."""

import argparse
import tempfile
import time
from collections.abc import Container, Iterator
from contextlib import closing
from pathlib import Path
from statistics import quantiles

import psutil
from acceptance.fleet import DEVICES, INTERVAL, SITES, FleetInTheField, Place, place_of
from acceptance.product import KINDS, Product
from rich.console import Console
from rich.table import Table
from servers.mosquitto import Mosquitto

# As an installation has them, not as the tests want them.
SETTINGS = {"PERSIST_INTERVAL": "5", "MONITOR_INTERVAL": "30"}

DISCOVERY_SECONDS = 4 * INTERVAL  # all devices have sent after one interval; the rest is for a slow machine
PAGE = 50  # devices; more than come while one looks, and few enough that looking costs the product little
LOOK_EVERY = 0.02  # seconds
MIB = 2**20


def cpu_share(process: psutil.Process, seconds: float) -> float:
    """Per cent of one core that a process takes during the next `seconds`."""
    before, started = process.cpu_times(), time.monotonic()
    time.sleep(seconds)
    after, elapsed = process.cpu_times(), time.monotonic() - started
    return 100 * (after.user + after.system - before.user - before.system) / elapsed


def newest(product: Product, kind: str, known: Container[Place]) -> Iterator[Place]:
    """The devices of a kind that are not known, page after page until one holds nothing else."""
    page = 1
    while True:
        answer = product.get(kind, ordering="-id", page=page, page_size=PAGE)
        new = [place for device in answer["results"] if (place := place_of(kind, device)) not in known]
        yield from new
        if len(new) < PAGE:
            return
        page += 1


def discover(product: Product, fleet: FleetInTheField) -> list[float]:
    """Wait until every device shows; give the seconds that each took from its first message."""
    seen: dict[Place, float] = {}
    deadline = time.monotonic() + DISCOVERY_SECONDS
    while len(seen) < DEVICES:
        if time.monotonic() > deadline:
            raise SystemExit(f"{DEVICES} devices have sent, {len(seen)} are visible")
        for kind in KINDS:
            for place in newest(product, kind, seen):
                seen[place] = time.monotonic()
        time.sleep(LOOK_EVERY)
    return [at - fleet.first_sent[place] for place, at in seen.items()]


def measure(broker: Mosquitto, product: Product, seconds: float) -> Table:
    product.environment |= SETTINGS
    product.install(broker, SITES, heartbeat_interval=INTERVAL)
    process = psutil.Process(product.run_connected().pid)
    table = Table("", "value", title=f"{len(SITES)} sites, {DEVICES} devices, a heartbeat each {INTERVAL:g} s")
    table.columns[1].justify = "right"
    table.add_row("CPU, connected and quiet", f"{cpu_share(process, seconds):.2f} % of a core")
    rounds = int((DISCOVERY_SECONDS + seconds) / INTERVAL) + 1
    with closing(FleetInTheField(broker, product.site_ids, rounds)) as fleet:
        fleet.start()
        latencies = quantiles(discover(product, fleet), n=100)
        table.add_row("CPU, at work", f"{cpu_share(process, seconds):.2f} % of a core")
    table.add_row("RSS", f"{process.memory_info().rss / MIB:.0f} MiB")
    table.add_row("from a first message to the API, median", f"{1000 * latencies[49]:.0f} ms")
    table.add_row("from a first message to the API, 99th percentile", f"{1000 * latencies[98]:.0f} ms")
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0, help="of each measurement (default %(default)s)")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as directory,
        Mosquitto() as broker,
        closing(Product(Path(directory))) as product,
    ):
        Console().print(measure(broker, product, options.seconds))


if __name__ == "__main__":
    main()
