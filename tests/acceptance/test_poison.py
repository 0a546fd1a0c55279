"""A message that fails whoever takes it is logged and done with; nothing else of the field is lost (B9, C10)."""

import json
from pathlib import Path

import pytest
from servers.mosquitto import Mosquitto

from . import poison_parser
from .field import gateway_heartbeat, heartbeat, publish
from .poison_parser import poison
from .product import GATEWAYS, SENSORS, Product

SITE, OTHER = "galleria", "diga"
IN_PARSER = ("value", "recursion", "memory")
IN_DEVICES = ("gateway", "datalogger", "sensor")
RESTART_LIMIT = 2
MORE_THAN_ALLOWED = 4
QUARANTINE = 2  # seconds


@pytest.fixture
def poisoned(product: Product, broker: Mosquitto, tmp_path: Path) -> Product:
    """An installation with the parser of `poison_parser.py`, and two sites, connected and heard."""
    poison_parser.install(tmp_path / "installed", product.environment)
    product.environment |= {
        "SUPERVISION_RESTART_LIMIT": str(RESTART_LIMIT),
        "SUPERVISION_QUARANTINE": str(QUARANTINE),
    }
    product.install(broker, [SITE, OTHER], retry_delay=0.2, max_retry_delay=0.5, max_retries=1000)
    product.run_connected()
    publish(broker, [gateway_heartbeat(SITE), heartbeat(SITE, 1, 0), heartbeat(OTHER, 1, 0)])
    product.wait_for(lambda: product.has_counted(SITE, 1) and product.has_counted(OTHER, 1))
    product.wait_for(lambda: len(product.devices(GATEWAYS, SITE)) == 1)
    return product


def logged(product: Product) -> int:
    """How many messages of the site the parsing log speaks of."""
    return sum(row["count"] for row in product.rows(product.of_site(SITE, "parsing-logs/")))


def errors(product: Product) -> list[str]:
    """What the connection's log says of each time that the site was in error."""
    log = product.rows(product.of_site(SITE, "connection-logs/"))
    return [line["message"] for line in log if line["status"] == "error"]


def is_untouched(product: Product, heartbeats: int) -> bool:
    """Whether the other site has counted so much over the one link that it ever had."""
    log = product.rows(product.of_site(OTHER, "connection-logs/"))
    return product.has_counted(OTHER, heartbeats) and [line["status"] for line in log] == ["connected", "connecting"]


def test_what_fails_a_parser_or_a_device_is_a_row_of_the_log_and_the_next_message_is_taken(
    poisoned: Product, broker: Mosquitto
) -> None:
    fails = (*IN_PARSER, *IN_DEVICES)
    for number, kind in enumerate(fails, start=1):
        publish(broker, [poison(SITE, kind), heartbeat(SITE, 2, number), heartbeat(OTHER, 1, number)])
        poisoned.wait_for(lambda number=number: poisoned.heartbeats(SITE).get("monstro_2") == number)
    poisoned.wait_for(lambda: logged(poisoned) == len(fails))
    rows = poisoned.rows(poisoned.of_site(SITE, "parsing-logs/"))
    assert {row["error_type"] for row in rows} == {"UNKNOWN_ERROR"}
    assert {row["parser"] for row in rows} == {"poison"}
    assert {json.loads(row["sample_payload"])["fails"] for row in rows} == set(fails)
    assert poisoned.site_status(SITE)["connection_errors"] == 0
    assert is_untouched(poisoned, 1 + len(fails))

    # It was acknowledged: a new link brings none of it again.
    poisoned.request("POST", poisoned.of_site(SITE, "restart/"))
    publish(broker, [heartbeat(SITE, 2, 1 + len(fails))])
    poisoned.wait_for(lambda: poisoned.heartbeats(SITE)["monstro_2"] == 1 + len(fails))
    assert logged(poisoned) == len(fails)
    assert {sensor["availability"] for sensor in poisoned.devices(SENSORS, OTHER).values()} == {"online"}


def test_what_fails_the_actor_of_a_site_costs_that_site_its_link_once_and_is_not_taken_again(
    poisoned: Product, broker: Mosquitto
) -> None:
    publish(broker, [poison(SITE, "site"), *(heartbeat(SITE, 2, number) for number in range(1, 31))])
    poisoned.wait_for(lambda: poisoned.heartbeats(SITE).get("monstro_2") == 30)
    poisoned.wait_for(lambda: logged(poisoned) == 1)
    poisoned.wait_for(poisoned.is_connected)
    assert poisoned.heartbeats(SITE)["monstro_2"] == 30
    assert is_untouched(poisoned, 1)


def test_a_site_that_fails_again_and_again_is_in_error_alone_and_tried_again_later(
    poisoned: Product, broker: Mosquitto
) -> None:
    publish(broker, [poison(SITE, "site", number) for number in range(MORE_THAN_ALLOWED)])
    poisoned.wait_for(lambda: any("quarantine" in message for message in errors(poisoned)))
    assert all("ArithmeticError" in message for message in errors(poisoned))
    publish(broker, [heartbeat(SITE, 1, 1), heartbeat(OTHER, 1, 1)])
    poisoned.wait_for(lambda: is_untouched(poisoned, 2))

    poisoned.wait_for(lambda: logged(poisoned) == MORE_THAN_ALLOWED)
    poisoned.wait_for(lambda: poisoned.has_counted(SITE, 2))
    poisoned.wait_for(poisoned.is_connected)
