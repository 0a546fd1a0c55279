"""Killed again and again under load, Sitewarden counts each message that the broker acknowledged exactly once (C10)."""

import os
import secrets
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from servers.mosquitto import Mosquitto
from servers.process import wait_until
from sitewarden.shell.simulated_fleet import Publication

from .field import Load, heartbeat, heartbeat_topic, serials, value_of
from .product import DEADLINE, SENSORS, Product

SITE = "traliccio"
INSTANCES = 4
KILLS = 50
PAUSE = 0.01  # seconds between two messages

# Seconds from the start of a process until it is killed: before it has connected, while it takes what the broker has
# kept, and while it takes what comes.
SOONEST, LATEST = 0.2, 2.0
# After a commit has begun to reach the disk: before, during and after the acknowledgements.
LONGEST_AFTER_COMMIT = 0.02

# A broker that keeps all that waits, and has as many messages on their way as make a redelivery worth the name.
KEEPING = ("max_queued_messages 1000000", "max_inflight_messages 100")

# The drain at the end is as long as a fifth of the load took.
MOST_SECONDS = 360


def make(number: int) -> Publication:
    return heartbeat(SITE, 1 + number % INSTANCES, number)


def numbers_of(instance: int, published: int) -> range:
    return range(instance - 1, published, INSTANCES)


def last_write(file: Path) -> int:
    """When a file was written to, in nanoseconds; 0 if it is not there."""
    try:
        return os.stat(file).st_mtime_ns
    except FileNotFoundError:
        return 0


def kill_once(product: Product, random: Random) -> None:
    """Start it, and kill it at a moment of its own: anywhere in its life, or close to a commit."""
    process = product.start("run")
    wait_until(lambda: process.poll() is not None, random.uniform(SOONEST, LATEST))
    if random.random() < 1 / 2:
        log = product.database_file.with_name(f"{product.database_file.name}-wal")
        before = last_write(log)
        wait_until(lambda: last_write(log) != before, DEADLINE)
        wait_until(lambda: process.poll() is not None, random.uniform(0, LONGEST_AFTER_COMMIT))
    assert process.poll() is None, product.errors()
    product.kill(process)


@pytest.mark.timeout(MOST_SECONDS)
def test_fifty_kills_under_load_lose_nothing_that_was_acknowledged_and_count_nothing_twice(
    product: Product, private_mosquitto: Callable[..., Mosquitto]
) -> None:
    seed = secrets.randbits(32)
    print(f"the moments of the kills come from Random({seed})")
    random = Random(seed)
    broker = private_mosquitto(KEEPING, is_persistent=True)
    # A link that was killed a moment after it opened is dialled at once by the next process.
    product.install(broker, [SITE], retry_delay=0.1, max_retry_delay=0.1, max_retries=1000)
    product.kill(product.run_connected())  # the session is there: from now on the broker keeps for us
    with closing(Load(broker, make, PAUSE)) as load:
        for _ in range(KILLS):
            kill_once(product, random)
        process = product.run_connected()
        published = load.end()
    product.wait_for(lambda: sum(product.heartbeats(SITE).values()) >= published)

    assert product.heartbeats(SITE) == {
        f"monstro_{instance}": len(numbers_of(instance, published)) for instance in range(1, 1 + INSTANCES)
    }
    sensors = product.devices(SENSORS, SITE)
    topics = {
        topic["topic_path"]: topic["message_count"]
        for topic in product.rows(product.of_site(SITE, "discovered-topics/"))
    }
    for instance in range(1, 1 + INSTANCES):
        numbers = numbers_of(instance, published)
        assert topics[heartbeat_topic(SITE, instance)] == len(numbers)
        for serial in serials(instance):
            sensor = sensors[serial]
            assert sensor["total_messages"] == sensor["total_readings"] == len(numbers)
            newest_first = [reading["channels"]["acc02"] for reading in sensor["readings"]]
            assert newest_first == [value_of(number) for number in reversed(numbers[-len(newest_first) :])]
    assert product.rows(product.of_site(SITE, "gaps/")) == []
    assert product.rows(product.of_site(SITE, "parsing-logs/")) == []

    assert product.stop(process) == 0
    assert sum(logger.total_heartbeats for logger in product.memory(SITE).dataloggers) == published
    assert "Traceback" not in product.errors()
