"""A minute without a broker: how a hundred sites come back, and what five on another broker notice of it.

Usage: `make build`, then `PYTHONPATH=tests .venv/bin/python bench/reconnects.py`.
"""

import argparse
import tempfile
from contextlib import closing
from pathlib import Path

from acceptance.outage_of_many import MANY, Outage, run_outage
from acceptance.product import Product
from rich.console import Console
from rich.table import Table
from servers.mosquitto import Mosquitto

BUCKET = 1.0  # second


def table_of(outage: Outage, seconds: float) -> Table:
    table = Table("", "value", title=f"{len(MANY)} sites, their broker away for {seconds:g} s")
    table.columns[1].justify = "right"
    table.add_row("dials of one site while it was away, mean", f"{len(outage.dials) / len(MANY):.2f}")
    table.add_row("all back after", f"{outage.back_within:.1f} s")
    table.add_row("dials of one site until it was back, mean", f"{len(outage.reconnects) / len(MANY):.2f}")
    table.add_row("largest share of the reconnects in one second", f"{100 * outage.largest_share(BUCKET):.0f} %")
    table.add_row("latency elsewhere before, 99th percentile", f"{1000 * outage.latency_before:.1f} ms")
    table.add_row("latency elsewhere meanwhile, 99th percentile", f"{1000 * outage.latency_meanwhile:.1f} ms")
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="of the outage (default %(default)s)")
    options = parser.parse_args()
    console = Console()
    with (
        tempfile.TemporaryDirectory() as directory,
        Mosquitto() as broker,
        Mosquitto() as other,
        closing(Product(Path(directory))) as product,
    ):
        outage = run_outage(product, broker, other, options.seconds, console.print)
    console.print(table_of(outage, options.seconds))


if __name__ == "__main__":
    main()
