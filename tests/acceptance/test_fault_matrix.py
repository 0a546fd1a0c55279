"""Every fault of a way to a broker, all at once, each before a site of its own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import datetime

import pytest
from servers.fault_proxy import FaultProxy
from servers.mosquitto import Mosquitto
from sitewarden.shell.simulated_fleet import Publication

from .faults import FAULTS
from .field import Load, heartbeat
from .pace import hurried
from .product import Device, Product

SLOW, HEALTHY = "slow", "healthy"
SITES = [*(fault.name for fault in FAULTS), SLOW, HEALTHY]
DELAY = 1.0  # seconds each way: two for an answer
PAUSE = 0.01  # seconds between two messages of the field

RETRY_DELAY, MAX_RETRY_DELAY = 0.5, 2.0
KEEP_ALIVE = 5  # seconds, the least that can be configured
CONNECT_TIMEOUT = 2.0  # seconds; twice that for CONNACK and SUBACK, which is less than a keep-alive
RETRIES = 4  # of each broken way, so that the cap is reached
LINK = {"retry_delay": RETRY_DELAY, "max_retry_delay": MAX_RETRY_DELAY, "keep_alive_interval": KEEP_ALIVE}


def make(number: int) -> Publication:
    """A heartbeat of each site in turn."""
    turn, site = divmod(number, len(SITES))
    return heartbeat(SITES[site], 1, turn)


def sent_to(site: str, published: int) -> int:
    """How many of so many messages were that site's."""
    return len(range(SITES.index(site), published, len(SITES)))


def history(product: Product, site: str) -> list[Device]:
    """The connection's log, oldest first."""
    return list(reversed(product.rows(product.of_site(site, "connection-logs/"))))


def dials(product: Product, site: str) -> list[float]:
    """When a site was dialled by its log, in epoch seconds."""
    return [
        datetime.fromisoformat(line["timestamp"]).timestamp()
        for line in history(product, site)
        if line["status"] == "connecting"
    ]


@pytest.fixture
def ways(broker: Mosquitto) -> Iterator[dict[str, FaultProxy]]:
    """A way to the broker for each site but the healthy one."""
    with ExitStack() as proxies:
        yield {site: proxies.enter_context(FaultProxy(broker.port)) for site in SITES if site != HEALTHY}


def watch(product: Product, seen: dict[str, set[str]]) -> Callable[[], bool]:
    """A condition that looks which kinds of failure every site shows, until each broken one shows what lasts."""

    def are_all_seen() -> bool:
        for status in product.rows("mqtt/connection-status/"):
            seen[status["site_code"]].add(status["error_kind"])
        return all(fault.lasting in seen[fault.name] for fault in FAULTS)

    return are_all_seen


def test_each_fault_is_told_by_its_kind_dialled_at_its_pace_and_felt_by_its_own_site_alone(
    product: Product, broker: Mosquitto, ways: dict[str, FaultProxy]
) -> None:
    product.environment["MQTT_CONNECT_TIMEOUT"] = str(CONNECT_TIMEOUT)
    product.install_fleet({**ways, HEALTHY: broker}, max_retries=1000, **LINK)
    process = product.run_connected()
    ways[SLOW].delay(DELAY)
    with closing(Load(broker, make, PAUSE)) as load:
        product.wait_for(lambda: all(product.heartbeats(site) for site in SITES))
        before = {site: len(way.accepted) for site, way in ways.items()}
        for fault in FAULTS:
            fault.begin(ways[fault.name])

        seen: dict[str, set[str]] = {site: set() for site in SITES}
        product.wait_for(watch(product, seen))
        product.wait_for(lambda: all(len(dials(product, fault.name)) > RETRIES for fault in FAULTS))
        for fault in FAULTS:
            loggers = product.rows("monitoring/dataloggers/", site_id=product.site_ids[fault.name])
            assert [device["missed_heartbeats"] for device in loggers] == [0], fault.name
        retried = {site: way.accepted[before[site] :] for site, way in ways.items()}
        logged = {site: dials(product, site)[1:] for site in SITES}
        for way in ways.values():
            way.mend()
        product.wait_for(product.is_connected)
        published = load.end()

    for fault in FAULTS:
        assert seen[fault.name] <= {"", fault.lasting} | fault.loss, fault.name
    assert seen[SLOW] == seen[HEALTHY] == {""}
    for fault in FAULTS:
        assert not hurried(logged[fault.name], RETRY_DELAY, MAX_RETRY_DELAY), fault.name
        if fault.is_dialled_through:
            assert not hurried(retried[fault.name], RETRY_DELAY, MAX_RETRY_DELAY), fault.name
            assert len(retried[fault.name]) <= len(logged[fault.name]) + 1, fault.name
    # The broker has kept for each what it could not have; the slow and the healthy never noticed anything.
    for site in SITES:
        product.wait_for(lambda site=site: product.has_counted(site, sent_to(site, published)))
        assert product.rows(product.of_site(site, "gaps/")) == []
    for site in (SLOW, HEALTHY):
        assert [line["status"] for line in history(product, site)] == ["connecting", "connected"]
    assert product.stop(process) == 0
    assert "Traceback" not in product.errors()
