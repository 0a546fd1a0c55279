"""Sitewarden ends as in a power cut, and the next one goes on from what the database has."""

from contextlib import closing
from typing import Any

from servers.mosquitto import Mosquitto
from sitewarden.shell.simulated_fleet import Publication
from sitewarden.store.records import SiteMemory

from .field import SENSORS as SENSORS_OF_EACH
from .field import Load, gateway_heartbeat, heartbeat, publish
from .product import DATALOGGERS, GATEWAYS, SENSORS, Device, Product

SITE = "diga"
INSTANCES = 5
DEVICES = 1 + INSTANCES * (1 + SENSORS_OF_EACH)
UNDER_LOAD = 300  # heartbeats before the kill
PAUSE = 0.005  # seconds between two messages
ROUNDS = 8  # heartbeats of each datalogger after the restart
LABEL = "Coronamento, lato sinistro"


def make(number: int) -> Publication:
    return heartbeat(SITE, 1 + number % INSTANCES, number)


def stored_heartbeats(memory: SiteMemory) -> dict[str, int]:
    return {datalogger.serial_number: datalogger.total_heartbeats for datalogger in memory.dataloggers}


def identities(devices: list[Device]) -> list[tuple[Any, ...]]:
    return sorted((device["id"], device["serial_number"], device["label"]) for device in devices)


def test_counters_and_readings_go_on_from_what_the_database_had_at_the_kill(
    product: Product, broker: Mosquitto
) -> None:
    product.install(broker, [SITE], retry_delay=0.5, max_retry_delay=0.5)
    process = product.run_connected()
    publish(broker, [gateway_heartbeat(SITE)])
    with closing(Load(broker, make, PAUSE)) as load:
        product.wait_for(lambda: len(product.all_devices(SITE)) == DEVICES)
        labelled = product.rows(SENSORS)[0]["id"]
        product.request("PUT", f"{SENSORS}{labelled}/label/", {"label": LABEL})
        before = identities(product.all_devices(SITE))
        product.wait_for(lambda: load.published > UNDER_LOAD)
        shown = product.heartbeats(SITE)
        # What was shown is in the database one persist interval later.
        product.wait_for(lambda: all(stored_heartbeats(product.memory(SITE))[name] >= shown[name] for name in shown))
        product.kill(process)
        load.end()
    # What the broker has kept for us goes with it, so that what is counted from now on was sent from now on.
    broker.kill()
    stored = product.memory(SITE)

    product.run()
    product.wait_for(lambda: len(product.all_devices(SITE)) == DEVICES)
    assert identities(product.all_devices(SITE)) == before
    assert {device["availability"] for device in product.all_devices(SITE)} == {"unknown"}
    assert product.heartbeats(SITE) == stored_heartbeats(stored)
    sensors = {sensor["id"]: sensor for sensor in product.rows(SENSORS)}
    assert sensors[labelled]["label"] == LABEL
    for record in stored.sensors:
        assert record.id is not None
        shown_sensor = sensors[record.id]
        assert shown_sensor["total_readings"] == record.total_readings > 0
        newest_first = [dict(reading.channels) for reading in record.readings]
        assert [reading["channels"] for reading in shown_sensor["readings"]] == newest_first

    broker.start()
    product.wait_for(product.is_connected)
    publish(broker, [make(10_000 + number) for number in range(ROUNDS * INSTANCES)])
    after = {serial: count + ROUNDS for serial, count in stored_heartbeats(stored).items()}
    product.wait_for(lambda: product.heartbeats(SITE) == after)
    readings = {sensor["id"]: sensor["total_readings"] for sensor in product.rows(SENSORS)}
    assert readings == {record.id: record.total_readings + ROUNDS for record in stored.sensors}
    assert identities(product.all_devices(SITE)) == before
    assert {device["availability"] for device in product.devices(DATALOGGERS, SITE).values()} == {"online"}
    assert {device["availability"] for device in product.devices(GATEWAYS, SITE).values()} == {"unknown"}
    counts = {
        topic["topic_path"]: topic["message_count"]
        for topic in product.rows(product.of_site(SITE, "discovered-topics/"))
    }
    for topic in stored.topics:
        if topic.processor_name == "datalogger_heartbeat":
            assert counts[topic.topic_path] == topic.message_count + ROUNDS


def test_what_was_sent_between_the_kill_and_the_restart_is_counted_once_and_proves_nobody_alive(
    product: Product, broker: Mosquitto
) -> None:
    product.install(broker, [SITE])
    process = product.run_connected()
    first = [make(number) for number in range(ROUNDS * INSTANCES)]
    publish(broker, first)
    product.wait_for(lambda: sum(stored_heartbeats(product.memory(SITE)).values()) == len(first))

    product.kill(process)
    publish(broker, [make(len(first) + number) for number in range(ROUNDS * INSTANCES)])
    product.run_connected()

    product.wait_for(lambda: product.has_counted(SITE, 2 * len(first)))
    assert {device["total_readings"] for device in product.devices(SENSORS, SITE).values()} == {2 * ROUNDS}
    assert {device["availability"] for device in product.all_devices(SITE)} == {"unknown"}
