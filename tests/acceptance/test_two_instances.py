"""More than one of something: installations on one data directory, on one broker, sites on one broker."""

from servers.mosquitto import Mosquitto
from servers.ports import free_port

from .field import heartbeat, publish
from .product import SENSORS, Product

BEFORE, AFTER = 20, 30


def test_a_second_one_on_the_same_data_directory_is_refused_in_words_and_the_first_goes_on_counting(
    product: Product, broker: Mosquitto
) -> None:
    product.install(broker, ["ponte"])
    process = product.run_connected()
    publish(broker, [heartbeat("ponte", 1, number) for number in range(BEFORE)])
    product.wait_for(lambda: product.has_counted("ponte", BEFORE))

    port = product.environment["HTTP_BIND"]
    product.environment["HTTP_BIND"] = f"127.0.0.1:{free_port()}"
    second = product("run")
    product.environment["HTTP_BIND"] = port

    assert second.returncode == 1
    assert f"process {process.pid}" in second.stderr
    assert "SITEWARDEN_DATA_DIR" in second.stderr
    assert "Traceback" not in second.stderr
    publish(broker, [heartbeat("ponte", 1, BEFORE + number) for number in range(AFTER)])
    product.wait_for(lambda: product.has_counted("ponte", BEFORE + AFTER))
    assert product.site_status("ponte")["connection_errors"] == 0


def test_sites_on_one_broker_whose_names_begin_alike_hear_only_their_own_devices(
    product: Product, broker: Mosquitto
) -> None:
    product.install(broker, ["ponte", "ponte_2"])
    product.run_connected()
    publish(broker, [heartbeat("ponte", 1, number) for number in range(BEFORE)])
    publish(broker, [heartbeat("ponte_2", 7, number) for number in range(AFTER)])

    product.wait_for(lambda: product.has_counted("ponte", BEFORE) and product.has_counted("ponte_2", AFTER))
    assert product.heartbeats("ponte") == {"monstro_1": BEFORE}
    assert product.heartbeats("ponte_2") == {"monstro_7": AFTER}
    for site, readings in (("ponte", BEFORE), ("ponte_2", AFTER)):
        assert {sensor["total_readings"] for sensor in product.devices(SENSORS, site).values()} == {readings}
        assert product.rows(product.of_site(site, "parsing-logs/")) == []


def test_two_installations_that_watch_one_site_both_hear_all_of_it_and_neither_is_thrown_out(
    product: Product, another_product: Product, broker: Mosquitto
) -> None:
    both = (product, another_product)
    for one in both:
        one.install(broker, ["ponte"])
        one.run_connected()
    publish(broker, [heartbeat("ponte", 1, number) for number in range(BEFORE)])

    for one in both:
        one.wait_for(lambda one=one: one.has_counted("ponte", BEFORE))
        assert one.is_connected()
        assert one.site_status("ponte")["connection_errors"] == 0
