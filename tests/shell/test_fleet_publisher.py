"""A simulated fleet's link, over a real broker."""

from collections.abc import Callable

import pytest
from servers.mosquitto import Mosquitto
from servers.ports import free_port
from servers.process import wait_until
from sitewarden.shell.fleet_publisher import BrokerUnreachable, FleetPublisher, Tally
from sitewarden.shell.simulated_fleet import Publication

DEADLINE = 20.0


def test_what_the_broker_has_is_counted(mosquitto: Mosquitto) -> None:
    publisher = FleetPublisher(mosquitto.host, mosquitto.port)
    publisher.open(DEADLINE)
    for number in range(200):
        publisher.publish(Publication("publisher/counted", str(number).encode()))
    publisher.drain(DEADLINE)
    publisher.close()
    assert publisher.tally == Tally(published=200, acknowledged=200, refused=0)


def test_a_broker_that_is_not_there_is_named() -> None:
    port = free_port()
    with pytest.raises(BrokerUnreachable, match=f"no MQTT broker at 127.0.0.1:{port}"):
        FleetPublisher("127.0.0.1", port).open(DEADLINE)


def test_a_broker_that_refuses_us_is_quoted(private_mosquitto: Callable[..., Mosquitto]) -> None:
    broker = private_mosquitto(config=["allow_anonymous false"])
    with pytest.raises(BrokerUnreachable, match=r"does not let us in: .*[Nn]ot authori"):
        FleetPublisher(broker.host, broker.port).open(DEADLINE)


def test_what_was_published_while_the_broker_was_away_arrives_when_it_is_back(
    private_mosquitto: Callable[..., Mosquitto],
) -> None:
    broker = private_mosquitto()
    news: list[bool] = []
    publisher = FleetPublisher(broker.host, broker.port, news.append)
    publisher.open(DEADLINE)
    broker.stop()
    assert wait_until(lambda: not publisher.client.is_connected(), DEADLINE)
    for number in range(10):
        publisher.publish(Publication("publisher/away", str(number).encode()))
    assert publisher.tally.acknowledged == 0
    broker.start()
    publisher.drain(DEADLINE)
    publisher.close()
    assert publisher.tally == Tally(published=10, acknowledged=10, refused=0)
    assert news == [False, True]
