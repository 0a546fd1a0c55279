"""A broker that is not there yet, dies, forgets us or stands still; another broker's site notices none of it."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime

import pytest
from servers.fault_proxy import FaultProxy
from servers.mosquitto import Mosquitto
from sitewarden.shell.simulated_fleet import Publication

from .field import Load, heartbeat, publish
from .pace import hurried
from .product import DATALOGGERS, Product

SITE, OTHER = "ponte", "diga"
BEFORE, AWAY, AFTER = 40, 300, 30
PAUSE = 0.005  # seconds between two messages
QUICK = {"retry_delay": 0.5, "max_retry_delay": 1, "max_retries": 1000, "keep_alive_interval": 5}
RETRIES, PROBES = 2, 2
PROBE_INTERVAL = 1.5  # seconds
NEVER = {"retry_delay": 3600, "max_retry_delay": 3600}  # seconds: whoever wants a retry asks for it


def messages(first: int, count: int, site: str = SITE) -> list[Publication]:
    return [heartbeat(site, 1, number) for number in range(first, first + count)]


def status(product: Product, site: str = SITE) -> str:
    return str(product.site_status(site)["status"])


def availabilities(product: Product, site: str) -> set[str]:
    """The availabilities of a site's dataloggers."""
    return {device["availability"] for device in product.devices(DATALOGGERS, site).values()}


def events(product: Product) -> list[str]:
    """What has happened to the site, newest first."""
    return [event["event"] for event in product.rows(product.of_site(SITE, "device-events/"))]


@pytest.fixture
def other_broker(private_mosquitto: Callable[..., Mosquitto]) -> Mosquitto:
    return private_mosquitto(("max_queued_messages 1000000",))


def test_sitewarden_is_ready_before_its_broker_is_and_finds_it_by_itself(product: Product, broker: Mosquitto) -> None:
    product.install(broker, [SITE], **QUICK)
    broker.stop()
    process = product.run()
    assert product.get("system/health/")["checks"]["actors"]["status"] == "ok"
    product.wait_for(lambda: product.site_status(SITE)["mqtt_retry_count"] >= 2)
    assert product.site_status(SITE)["error_kind"] == "refused"

    broker.start()
    product.wait_for(product.is_connected)
    publish(broker, messages(0, BEFORE))
    product.wait_for(lambda: product.has_counted(SITE, BEFORE))
    assert product.rows(product.of_site(SITE, "gaps/")) == []
    assert product.stop(process) == 0


def test_a_broker_that_stays_away_is_given_up_but_for_a_probe_now_and_then_until_it_is_back(
    product: Product, broker: Mosquitto
) -> None:
    product.environment["MQTT_PARKED_PROBE_INTERVAL"] = str(PROBE_INTERVAL)
    with FaultProxy(broker.port) as way:
        product.install(way, [SITE], retry_delay=0.2, max_retry_delay=0.4, max_retries=RETRIES)
        way.kick_after(0)
        process = product.run()
        product.wait_for(lambda: len(way.accepted) == 1 + RETRIES + PROBES)
        product.wait_for(lambda: status(product) == "parked")
        retries, probes = way.accepted[: 1 + RETRIES], way.accepted[RETRIES:]
        assert not hurried(retries, retry_delay=0.2, max_retry_delay=0.4, failures=0)
        assert not hurried(probes, retry_delay=PROBE_INTERVAL, max_retry_delay=PROBE_INTERVAL)
        assert events(product) == ["connection_parked"]

        way.mend()
        product.wait_for(product.is_connected)
        product.wait_for(lambda: events(product) == ["connection_recovered", "connection_parked"])
        assert product.stop(process) == 0


def test_what_a_broker_has_saved_before_it_was_killed_is_counted_and_is_no_gap(
    product: Product, keeping_broker: Mosquitto
) -> None:
    with FaultProxy(keeping_broker.port) as way:
        product.install(way, [SITE], **QUICK)
        process = product.run_connected()
        publish(keeping_broker, messages(0, BEFORE))
        product.wait_for(lambda: product.has_counted(SITE, BEFORE))
        way.refuse()
        way.cut()
        product.wait_for(lambda: status(product) == "backing_off")
        publish(keeping_broker, messages(BEFORE, AWAY))
        published_at = datetime.now(UTC).timestamp()
        saved = keeping_broker.directory / "mosquitto.db"
        product.wait_for(lambda: saved.exists() and saved.stat().st_mtime > published_at)
        keeping_broker.kill()
        way.mend()
        product.wait_for(lambda: product.site_status(SITE)["error_kind"] == "kicked")

        keeping_broker.start()
        product.wait_for(product.is_connected)
        publish(keeping_broker, messages(BEFORE + AWAY, AFTER))
        product.wait_for(lambda: product.has_counted(SITE, BEFORE + AWAY + AFTER))
        assert product.rows(product.of_site(SITE, "gaps/")) == []
        assert product.stop(process) == 0


def test_a_broker_that_has_forgotten_us_leaves_a_gap_that_is_stored_and_shown_and_only_there(
    product: Product, broker: Mosquitto, other_broker: Mosquitto
) -> None:
    product.install_fleet({SITE: broker, OTHER: other_broker}, **NEVER)
    process = product.run_connected()
    with closing(Load(other_broker, lambda number: heartbeat(OTHER, 1, number), PAUSE)) as load:
        publish(broker, messages(0, BEFORE))
        product.wait_for(lambda: product.has_counted(SITE, BEFORE))
        heard_at = datetime.now(UTC)
        broker.kill()
        product.wait_for(lambda: status(product) == "backing_off")
        broker.start()
        publish(broker, messages(BEFORE, AWAY))  # nobody subscribes, and nobody keeps it
        missed_at = datetime.now(UTC)
        product.request("POST", product.of_site(SITE, "restart/"))
        product.wait_for(lambda: status(product) == "connected")
        product.wait_for(lambda: product.rows(product.of_site(SITE, "gaps/")) != [])
        publish(broker, messages(BEFORE + AWAY, AFTER))
        product.wait_for(lambda: product.has_counted(SITE, BEFORE + AFTER))
        published = load.end()

    [gap] = product.rows(product.of_site(SITE, "gaps/"))
    assert heard_at <= datetime.fromisoformat(gap["ended_at"])
    assert datetime.fromisoformat(gap["started_at"]) <= missed_at <= datetime.fromisoformat(gap["ended_at"])
    product.wait_for(lambda: product.has_counted(OTHER, published))
    assert product.rows(product.of_site(OTHER, "gaps/")) == []
    assert status(product, OTHER) == "connected"
    assert product.site_status(OTHER)["connection_errors"] == 0
    assert product.stop(process) == 0
    with product.store() as store:
        count, stored = store.gaps(product.site_ids[SITE], 10, 0)
    assert (count, [record.reason for record in stored]) == (1, [gap["reason"]])


def test_a_frozen_broker_is_told_from_a_silent_field_and_loses_nothing_when_it_goes_on(
    product: Product, broker: Mosquitto, other_broker: Mosquitto
) -> None:
    product.environment["MQTT_CONNECT_TIMEOUT"] = "2"
    product.install_fleet({SITE: broker, OTHER: other_broker}, **QUICK)
    process = product.run_connected()
    with (
        closing(Load(broker, lambda number: heartbeat(SITE, 1, number), PAUSE)) as load,
        closing(Load(other_broker, lambda number: heartbeat(OTHER, 1, number), PAUSE)) as other_load,
    ):
        product.wait_for(lambda: all(product.heartbeats(site) for site in (SITE, OTHER)))
        broker.freeze()
        try:
            product.wait_for(lambda: product.site_status(SITE)["error_kind"] == "keepalive")
            product.wait_for(lambda: product.site_status(SITE)["error_kind"] == "timeout")
            assert availabilities(product, SITE) == {"unknown"}
            assert availabilities(product, OTHER) == {"online"}
        finally:
            broker.thaw()
        product.wait_for(product.is_connected)
        published, other_published = load.end(), other_load.end()
    product.wait_for(lambda: product.has_counted(SITE, published))
    product.wait_for(lambda: product.has_counted(OTHER, other_published))
    assert product.rows(product.of_site(SITE, "gaps/")) == []
    assert product.site_status(OTHER)["connection_errors"] == 0
    assert product.stop(process) == 0
    assert "Traceback" not in product.errors()
