"""Messages per second and CPU per message: the whole product against a bare subscriber, in the same run.

Each reads the same messages from a private mosquitto, in turn, on a processor of its own; broker and publisher have
the other. What is told is the ratio: the machine's speed drops out of it. Usage: `make bench`.
"""

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

from load import publish
from rich.console import Console
from rich.progress import track
from rich.table import Table
from servers.mosquitto import Mosquitto

HERE = Path(__file__).parent

# A broker that holds all that the slower one has not read yet, and waits for few acknowledgements at a time.
CONFIG = ("max_queued_messages 1000000", "max_inflight_messages 1000", "set_tcp_nodelay true")

READERS = {"bare subscriber": "bare_subscriber.py", "sitewarden": "whole_product.py"}


def pin(processor: int) -> None:
    """Keep reader and broker out of each other's way, where there are two processors to do so."""
    available = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {available[processor % len(available)]})


def measure(script: str, count: int, qos: int) -> dict[str, float]:
    with Mosquitto(CONFIG) as broker:
        ready = multiprocessing.Event()
        publisher = multiprocessing.Process(target=publish, args=(broker.port, count, qos, ready))
        publisher.start()
        reader = subprocess.Popen(
            [sys.executable, str(HERE / script), str(broker.port), str(count), str(qos)],
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: pin(1),
        )
        assert reader.stdout is not None
        if reader.stdout.readline().strip() != "ready":
            sys.exit(f"{script} did not start")
        ready.set()
        output, _ = reader.communicate()
        publisher.join()
        if reader.returncode:
            sys.exit(f"{script} failed")
    result: dict[str, float] = json.loads(output)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=60_000, help="of each run (default %(default)s)")
    parser.add_argument("--runs", type=int, default=3, help="of each reader and QoS; medians are told")
    options = parser.parse_args()
    pin(0)
    table = Table(title=f"{options.messages} heartbeats of two sensors, medians of {options.runs} runs")
    for column in ("QoS", "reader", "messages/s", "CPU us/message", "ratio (messages/s)"):
        table.add_column(column, justify="left" if column == "reader" else "right")
    for qos in (0, 1):
        rates: dict[str, list[float]] = {name: [] for name in READERS}
        costs: dict[str, list[float]] = {name: [] for name in READERS}
        for _ in track(range(options.runs), f"QoS {qos}", console=Console(stderr=True)):
            for name, script in READERS.items():
                result = measure(script, options.messages, qos)
                rates[name].append(result["messages"] / result["seconds"])
                costs[name].append(1e6 * result["cpu_seconds"] / result["messages"])
        ratios = [ours / bare for ours, bare in zip(rates["sitewarden"], rates["bare subscriber"], strict=True)]
        for name in READERS:
            ratio = f"{median(ratios):.2f}" if name == "sitewarden" else "1"
            table.add_row(str(qos), name, f"{median(rates[name]):,.0f}", f"{median(costs[name]):.1f}", ratio)
    Console().print(table)


if __name__ == "__main__":
    main()
