"""A whole fleet for two minutes: 20 sites of 50 devices, each heartbeat every 5 seconds."""

import time
from collections import Counter
from contextlib import closing

import pytest
from servers.mosquitto import Mosquitto

from .fleet import DEVICES, HEARTBEATS_OF_ROUND, INTERVAL, SITES, FleetInTheField, Place, place_of, visible
from .product import DATALOGGERS, GATEWAYS, KINDS, SENSORS, Product

ROUNDS = 24  # two minutes of them
MOST_MIB = 150
VISIBLE_WITHIN = 2.0  # seconds after a device's first message
LOOK_EVERY = 0.25  # seconds; looking costs the product more than the fleet does


def counted(product: Product) -> Counter[Place]:
    """What the API has counted of each device: heartbeats, or a sensor's readings."""
    return Counter(
        {
            place_of(kind, device): device["total_readings" if kind == SENSORS else "total_heartbeats"]
            for kind in KINDS
            for device in product.rows(kind)
        }
    )


def stored(product: Product) -> Counter[Place]:
    """The same, as the database has it."""
    counts: Counter[Place] = Counter()
    for code, site in product.site_ids.items():
        memory = product.memory(code)
        counts.update({(GATEWAYS, site, record.serial_number): record.total_heartbeats for record in memory.gateways})
        counts.update(
            {(DATALOGGERS, site, record.serial_number): record.total_heartbeats for record in memory.dataloggers}
        )
        counts.update({(SENSORS, site, record.serial_number): record.total_readings for record in memory.sensors})
    return counts


@pytest.mark.timeout(400)
def test_every_device_shows_within_two_seconds_and_every_heartbeat_is_counted(
    product: Product, broker: Mosquitto
) -> None:
    product.environment["PERSIST_INTERVAL"] = "5"
    product.install(broker, SITES, heartbeat_interval=INTERVAL)
    process = product.run_connected()
    first_visible: dict[Place, float] = {}
    with closing(FleetInTheField(broker, product.site_ids, ROUNDS)) as fleet:
        fleet.start()
        while fleet.thread.is_alive():
            if len(first_visible) < DEVICES:
                for place in visible(product):
                    first_visible.setdefault(place, time.monotonic())
            assert product.is_connected(), product.status()
            fleet.thread.join(LOOK_EVERY)
        tally = fleet.publisher.tally

    assert len(first_visible) == DEVICES
    late = {
        place: seen - fleet.first_sent[place]
        for place, seen in first_visible.items()
        if seen - fleet.first_sent[place] > VISIBLE_WITHIN
    }
    assert not late
    assert product.most_resident(process) < MOST_MIB

    assert tally.acknowledged == tally.published == HEARTBEATS_OF_ROUND * ROUNDS
    assert set(fleet.sent.values()) == {ROUNDS}
    product.wait_for(lambda: counted(product) == fleet.sent)
    for code in SITES:
        log = product.rows(product.of_site(code, "connection-logs/"))
        assert [line["status"] for line in reversed(log)] == ["connecting", "connected"]
        assert product.rows(product.of_site(code, "parsing-logs/")) == []
    ids = visible(product)

    assert product.stop(process) == 0
    assert stored(product) == fleet.sent
    in_database = {sensor.id for code in SITES for sensor in product.memory(code).sensors}
    assert in_database == {id for (kind, _, _), id in ids.items() if kind == SENSORS}
    assert "Traceback" not in product.errors()
