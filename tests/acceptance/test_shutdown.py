"""Sitewarden is told to stop while the field goes on sending."""

import signal
from contextlib import closing

import pytest
from servers.mosquitto import Mosquitto
from sitewarden.shell.simulated_fleet import Publication

from .field import Load, heartbeat
from .presence import PresenceReader
from .product import Product

SITE = "viadotto"
INSTANCES = 10
PAUSE = 0.003  # seconds between two messages
UNDER_LOAD = 200  # heartbeats before the stop, and again after it


def make(number: int) -> Publication:
    return heartbeat(SITE, 1 + number % INSTANCES, number)


def stored_heartbeats(product: Product) -> int:
    return sum(datalogger.total_heartbeats for datalogger in product.memory(SITE).dataloggers)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_under_load_loses_nothing_and_doubles_nothing(
    product: Product, broker: Mosquitto, number: signal.Signals
) -> None:
    product.install(broker, [SITE])
    process = product.run_connected()
    with closing(Load(broker, make, PAUSE)) as load:
        product.wait_for(lambda: load.published > UNDER_LOAD and len(product.heartbeats(SITE)) == INSTANCES)
        shown = sum(product.heartbeats(SITE).values())
        assert product.stop(process, number) == 0  # within ten seconds
        stored = stored_heartbeats(product)
        assert shown <= stored <= load.published
        product.wait_for(lambda: load.published > stored + UNDER_LOAD)

        # What it had acknowledged is in the database, the rest the broker has: together they are all there is.
        process = product.run_connected()
        published = load.end()
        product.wait_for(lambda: product.has_counted(SITE, published))
        assert product.stop(process, number) == 0
    assert stored_heartbeats(product) == published
    assert "Traceback" not in product.errors()


def test_the_site_can_read_whether_it_is_heard(product: Product, broker: Mosquitto) -> None:
    product.install(broker, [SITE])
    with PresenceReader(broker, SITE) as presence:
        process = product.run_connected()
        product.wait_for(lambda: presence.status == "online")
        assert product.stop(process) == 0
        product.wait_for(lambda: presence.status == "offline")

        process = product.run_connected()
        product.wait_for(lambda: presence.status == "online")
        product.kill(process)
        product.wait_for(lambda: presence.status == "lost")
    # It is retained: who comes later reads it too.
    with PresenceReader(broker, SITE) as late:
        product.wait_for(lambda: late.status == "lost")
