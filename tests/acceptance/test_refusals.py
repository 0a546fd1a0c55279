"""A broker that does not let us in, or lets another in with our name: told, not hammered, and mended by a person."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.enums import MQTTProtocolVersion as Version
from servers.fault_proxy import FaultProxy
from servers.mosquitto import Mosquitto
from servers.process import require_binaries

from .field import heartbeat, publish
from .pace import hurried
from .presence import PresenceReader
from .product import Product

SITE, OTHER = "ponte", "diga"
USER, RIGHT, WRONG = "sitewarden", "corretto-cavallo", "sbagliata-graffetta"
QUICK = {"retry_delay": 0.2, "max_retry_delay": 0.5}
BEFORE, AFTER = 20, 30
RETRIES = 4


@pytest.fixture
def guarded_broker(tmp_path: Path, private_mosquitto: Callable[..., Mosquitto]) -> Mosquitto:
    """A broker with one user, on one of its two ports; the other is for the field."""
    [command] = require_binaries("mosquitto", "mosquitto_passwd")
    file = tmp_path / "passwords"
    subprocess.run([command, "-b", "-c", str(file), USER, RIGHT], check=True, capture_output=True)
    return private_mosquitto(("allow_anonymous false", f"password_file {file}"))


def test_a_wrong_password_parks_at_once_is_not_tried_again_and_is_mended_by_an_import(
    product: Product, guarded_broker: Mosquitto
) -> None:
    product.environment["MQTT_PARKED_PROBE_INTERVAL"] = "0"  # never: wait for a person
    with FaultProxy(guarded_broker.port) as way:
        product.install(way, [SITE], username=USER, password=WRONG, **QUICK)
        process = product.run()
        product.wait_for(lambda: product.site_status(SITE)["status"] == "parked")
        assert product.site_status(SITE)["error_kind"] == "auth"
        assert len(way.accepted) == 1
        product.request("POST", product.of_site(SITE, "start/"))  # it is wanted already
        product.request("POST", product.of_site(SITE, "restart/"))  # a person may try
        product.wait_for(lambda: len(way.accepted) == 2 and product.site_status(SITE)["status"] == "parked")
        assert product.site_status(SITE)["mqtt_next_retry"] is None

        product.import_fleet({SITE: way}, username=USER, password=RIGHT, **QUICK)
        product.wait_for(product.is_connected)
        assert len(way.accepted) == 3
        told = str(product.site_status(SITE)) + str(product.rows(product.of_site(SITE, "connection-logs/")))
        assert product.stop(process) == 0
    logs = "".join(file.read_text() for file in (product.data_dir / "logs").iterdir())
    for secret in (RIGHT, WRONG):
        assert secret not in told + logs + product.errors()


@contextmanager
def intruder(broker: Mosquitto, client_id: str, version: Version) -> Iterator[mqtt.Client]:
    """Somebody else with a client id that is not theirs, who dials again whenever they are thrown out."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id, protocol=version)
    client.reconnect_delay_set(min_delay=1, max_delay=1)
    client.connect(broker.host, broker.port)
    client.loop_start()
    try:
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


@pytest.mark.parametrize(("protocol", "version"), [("3.1.1", Version.MQTTv311), ("5", Version.MQTTv5)])
def test_another_client_with_our_id_is_named_and_not_fought_over(
    product: Product, broker: Mosquitto, protocol: str, version: Version
) -> None:
    with FaultProxy(broker.port) as way:
        product.install_fleet({SITE: way, OTHER: broker}, protocol=protocol, max_retries=1000, **QUICK)
        process = product.run_connected()
        with PresenceReader(broker, SITE) as presence:
            product.wait_for(lambda: presence.client_id != "")
        publish(broker, [heartbeat(SITE, 1, number) for number in range(BEFORE)])
        product.wait_for(lambda: product.has_counted(SITE, BEFORE))
        before = len(way.accepted)

        with intruder(broker, presence.client_id, version):
            product.wait_for(lambda: product.site_status(SITE)["error_kind"] == "taken_over")
            assert presence.client_id in product.site_status(SITE)["error_message"]
            product.wait_for(lambda: len(way.accepted) > before + RETRIES)
        assert not hurried(way.accepted[before:], QUICK["retry_delay"], QUICK["max_retry_delay"])

        product.wait_for(product.is_connected)
        # Its session was the other's for a while, and what was in it too.
        product.wait_for(lambda: product.rows(product.of_site(SITE, "gaps/")) != [])
        publish(broker, [heartbeat(SITE, 1, BEFORE + number) for number in range(AFTER)])
        product.wait_for(lambda: product.has_counted(SITE, BEFORE + AFTER))
        assert product.site_status(OTHER)["connection_errors"] == 0
        assert product.stop(process) == 0
