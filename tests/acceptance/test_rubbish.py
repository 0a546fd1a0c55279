"""Ten thousand pieces of rubbish among good messages change nothing, and are told of in a few rows."""

from collections.abc import Iterator
from random import Random

from servers.mosquitto import Mosquitto
from sitewarden.shell.simulated_fleet import Publication

from .field import SENSORS as SENSORS_OF_EACH
from .field import gateway_heartbeat, heartbeat, publish, serials, value_of
from .product import GATEWAYS, SENSORS, Device, Product
from .rubbish import KINDS, rubbish

SITE = "galleria"
PIECES = 10_000
SEED = 2025
INSTANCES = (1, 2)
ROUNDS = 500  # good heartbeats of each datalogger
GOOD_EVERY = PIECES // ROUNDS
MOST_MIB = 150

# A fault on the topics of two dataloggers is two rows, and an instance that is refused is one for each topic.
MOST_ROWS = 2 * len(KINDS) + 6


def mixed(pieces: list[Publication]) -> Iterator[Publication]:
    """The rubbish, and after every so many pieces a good heartbeat of each datalogger."""
    for number, piece in enumerate(pieces, start=1):
        yield piece
        if number % GOOD_EVERY == 0:
            yield from (heartbeat(SITE, instance, number // GOOD_EVERY) for instance in INSTANCES)


def identities(devices: list[Device]) -> set[tuple[int, str]]:
    return {(device["id"], device["serial_number"]) for device in devices}


def test_rubbish_changes_nothing_is_told_in_few_rows_and_the_next_good_message_is_taken(
    product: Product, broker: Mosquitto
) -> None:
    product.install(broker, [SITE])
    process = product.run_connected()
    publish(broker, [gateway_heartbeat(SITE), *(heartbeat(SITE, instance, 0) for instance in INSTANCES)])
    product.wait_for(lambda: len(product.all_devices(SITE)) == 1 + len(INSTANCES) * (1 + SENSORS_OF_EACH))
    before = identities(product.all_devices(SITE))
    gateways = product.devices(GATEWAYS, SITE)

    pieces = list(rubbish(SITE, PIECES, Random(SEED)))
    publish(broker, mixed([piece for _, piece in pieces]))
    refused = sum(kind.is_refused for kind, _ in pieces)
    product.wait_for(lambda: product.has_counted(SITE, len(INSTANCES) * (1 + ROUNDS)))
    parsing_logs = product.of_site(SITE, "parsing-logs/")
    product.wait_for(lambda: sum(row["count"] for row in product.rows(parsing_logs)) >= refused)

    rows = product.rows(parsing_logs)
    assert sum(row["count"] for row in rows) == refused, [(row["topic"], row["message"]) for row in rows]
    assert len(rows) <= MOST_ROWS, [(row["topic"], row["message"]) for row in rows]
    assert {row["error_type"] for row in rows} == {"PARSE_ERROR", "VALIDATION_ERROR"}
    assert max(len(row["sample_payload"]) for row in rows) <= 5_000
    assert identities(product.all_devices(SITE)) == before
    assert product.devices(GATEWAYS, SITE) == gateways
    for instance in INSTANCES:
        for serial in serials(instance):
            sensor = product.devices(SENSORS, SITE)[serial]
            assert sensor["total_messages"] == sensor["total_readings"] == 1 + ROUNDS
            assert set(sensor["channels"]) == {"acc00", "acc02"}
            values = [value_of(number) for number in range(1 + ROUNDS)]
            channel = sensor["channels"]["acc02"]
            assert (channel["count"], channel["min"], channel["max"]) == (len(values), min(values), max(values))

    publish(broker, [heartbeat(SITE, INSTANCES[0], ROUNDS + 1)])
    product.wait_for(lambda: product.has_counted(SITE, len(INSTANCES) * (1 + ROUNDS) + 1))
    assert product.most_resident(process) < MOST_MIB
    assert product.site_status(SITE)["connection_errors"] == 0
    assert "Traceback" not in product.errors()
    assert product.stop(process) == 0
