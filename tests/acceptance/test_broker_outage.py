"""A broker that goes and comes back: the link by itself, the devices' state throughout, and every count."""

from servers.mosquitto import Mosquitto
from sitewarden.shell.simulated_fleet import Publication

from .field import gateway_heartbeat, heartbeat, publish
from .product import GATEWAYS, SENSORS, Product

SITE = "ponte"
BEFORE, AFTER, WHILE_AWAY = 40, 30, 500

# Seconds. A device is offline one interval after its last message, so the outages here are long enough to tell.
INTERVAL = 2.0
RETRIES_OF_AN_OUTAGE = 6  # at 0.5 s and then each second


def messages(first: int, count: int, interval: float) -> list[Publication]:
    return [heartbeat(SITE, 1, number, interval) for number in range(first, first + count)]


def history(product: Product) -> list[str]:
    """What the connection has been, oldest first."""
    return [line["status"] for line in reversed(product.rows(product.of_site(SITE, "connection-logs/")))]


def test_the_link_comes_back_by_itself_and_the_devices_answer_all_along(product: Product, broker: Mosquitto) -> None:
    product.install(broker, [SITE], retry_delay=0.5, max_retry_delay=1, heartbeat_timeout_multiplier=1)
    product.run_connected()
    publish(broker, [gateway_heartbeat(SITE, INTERVAL), *messages(0, BEFORE, INTERVAL)])
    product.wait_for(lambda: product.has_counted(SITE, BEFORE) and len(product.all_devices(SITE)) == 4)
    readings = {serial: sensor["readings"] for serial, sensor in product.devices(SENSORS, SITE).items()}
    assert all(readings.values())

    broker.kill()
    product.wait_for(lambda: product.site_status(SITE)["status"] == "backing_off")
    at_first = product.all_devices(SITE)
    product.wait_for(lambda: product.site_status(SITE)["mqtt_retry_count"] >= RETRIES_OF_AN_OUTAGE)
    product.wait_for(lambda: product.site_status(SITE)["mqtt_next_retry"] is not None)
    status, at_last = product.site_status(SITE), product.all_devices(SITE)

    assert status["error_kind"] == "refused"
    assert str(broker.port) in status["error_message"]
    assert len(at_last) == 4
    assert {device["availability"] for device in at_last} == {"unknown"}
    assert at_last == at_first, "something was charged to a device that could not be heard"
    assert all(device.get("missed_heartbeats", 0) == 0 for device in at_last)
    assert all(device.get("last_downtime_start") is None for device in at_last)
    assert {serial: sensor["readings"] for serial, sensor in product.devices(SENSORS, SITE).items()} == readings

    broker.start()
    product.wait_for(product.is_connected)
    publish(broker, [gateway_heartbeat(SITE, INTERVAL), *messages(BEFORE, AFTER, INTERVAL)])
    product.wait_for(lambda: product.has_counted(SITE, BEFORE + AFTER))
    sensors = product.devices(SENSORS, SITE).values()
    assert {sensor["total_readings"] for sensor in sensors} == {BEFORE + AFTER}
    assert {sensor["availability"] for sensor in sensors} == {"online"}
    assert [gateway["total_heartbeats"] for gateway in product.devices(GATEWAYS, SITE).values()] == [2]

    # The last line tells of the time for which this broker, which forgets, kept nothing.
    product.wait_for(lambda: history(product)[-3:] == ["connecting", "connected", "connected"])
    assert history(product)[:3] == ["connecting", "connected", "backing_off"]
    assert set(history(product)[3:-3]) == {"connecting", "backing_off"}
    assert len(product.rows(product.of_site(SITE, "gaps/"))) == 1


def test_what_the_broker_kept_for_us_is_counted_but_proves_nobody_alive(
    product: Product, keeping_broker: Mosquitto
) -> None:
    # So long a retry that the field is back before us; the operator then asks for a restart of the connection.
    product.install(keeping_broker, [SITE], retry_delay=300)
    product.run_connected()
    publish(keeping_broker, messages(0, BEFORE, 60))
    product.wait_for(lambda: product.has_counted(SITE, BEFORE))

    keeping_broker.stop()
    product.wait_for(lambda: product.site_status(SITE)["status"] == "backing_off")
    keeping_broker.start()
    publish(keeping_broker, messages(BEFORE, WHILE_AWAY, 60))
    assert product.has_counted(SITE, BEFORE)
    product.request("POST", product.of_site(SITE, "restart/"))

    product.wait_for(lambda: product.has_counted(SITE, BEFORE + WHILE_AWAY))
    assert {device["availability"] for device in product.all_devices(SITE)} == {"unknown"}
    # Our own presence ends what was kept; only what is sent after it is known to be sent now.
    sent = BEFORE + WHILE_AWAY

    def is_heard() -> bool:
        nonlocal sent
        publish(keeping_broker, messages(sent, 1, 60))
        sent += 1
        return {device["availability"] for device in product.all_devices(SITE)} == {"online"}

    product.wait_for(is_heard)
    product.wait_for(lambda: product.has_counted(SITE, sent))
    assert {device["total_readings"] for device in product.devices(SENSORS, SITE).values()} == {sent}
