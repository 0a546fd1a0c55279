"""A dial blocks nobody, however long it takes, and each attempt has one end (row B8)."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from servers.mosquitto import Mosquitto
from servers.process import wait_until
from sitewarden.actors.messages import RestartSite
from sitewarden.store.records import Status
from sitewarden.store.secrets import Secrets

from .bad_brokers import black_hole, mute, refusing_subscriptions
from .field import DEADLINE, Field, heartbeat

CONNECT_TIMEOUT = 1.0  # seconds; a dial into a black hole takes them for real
RETRY_DELAY = 100.0


@pytest.fixture
def hasty(make_field: Callable[..., Field]) -> Field:
    return make_field(mqtt={"connect_timeout": CONNECT_TIMEOUT})


@pytest.mark.parametrize("bad_broker", [mute, black_hole])
def test_while_one_dial_hangs_the_other_sites_are_served(
    hasty: Field, bad_broker: Callable[[], AbstractContextManager[int]]
) -> None:
    with bad_broker() as port:
        hasty.save("hangs", broker_port=port, retry_delay=RETRY_DELAY)
        hasty.start()
        hasty.wait_for_status("hangs", Status.CONNECTING)
        hasty.save("north")
        hasty.want("north", True)
        hasty.wait_for_status("north", Status.CONNECTED)
        hasty.publish(heartbeat(hasty.code("north"), "A"))
        assert wait_until(lambda: "A" in hasty.sensors("north"), DEADLINE)
        hasty.wait_for_status("hangs", Status.BACKING_OFF)
        assert hasty.state("hangs").error_kind == "timeout"
        assert hasty.state("hangs").retry_count == 1


def test_a_broker_that_does_not_answer_connect_is_given_up_in_time(field: Field) -> None:
    """The field's own clock decides: CONNACK and SUBACK have the time-out of the dial once more."""
    with mute() as port:
        field.save("hangs", broker_port=port, retry_delay=RETRY_DELAY)
        field.start()
        field.wait_for_status("hangs", Status.CONNECTING)
        field.clock.advance(2 * field.settings.mqtt.connect_timeout)
        field.wait_for_status("hangs", Status.BACKING_OFF)
    assert field.state("hangs").error_message == "the broker took the connection but did not answer in time"


def test_a_site_whose_dial_hangs_can_be_stopped_and_sent_elsewhere(field: Field) -> None:
    with mute() as port:
        field.save("north", broker_port=port)
        field.start()
        field.wait_for_status("north", Status.CONNECTING)
        field.want("north", False)
        field.wait_for_status("north", Status.DISCONNECTED)
        field.save("north")
        field.want("north", True)
        field.wait_for_status("north", Status.CONNECTED)


def test_a_restart_while_the_dial_hangs_ends_in_one_connection(north: Field) -> None:
    """What still comes of an older attempt is no longer ours."""
    for _ in range(5):
        north.runtime.tell(RestartSite(north.id("north")))
    north.wait_for_status("north", Status.CONNECTED)
    north.publish(heartbeat(north.code("north"), "A"))
    assert wait_until(lambda: "A" in north.sensors("north"), DEADLINE)
    assert len(north.runtime.poller.sessions) == 1
    assert north.state("north").connection_errors == 0


def test_a_broker_that_goes_away_is_dialled_by_us_alone(
    private_mosquitto: Callable[..., Mosquitto], make_field: Callable[..., Field]
) -> None:
    broker = private_mosquitto()
    field = make_field(broker)
    field.save("north", retry_delay=RETRY_DELAY)
    field.connect("north")
    client_id = f"sitewarden_{field.code('north')}_{field.store.installation_id()}"
    connections = broker.log.read_text().count(f" as {client_id}")
    assert connections == 1
    broker.kill()
    field.wait_for_status("north", Status.BACKING_OFF)
    broker.start()
    # paho's own first retry comes after a second.
    later = field.clock().monotonic + 1.5
    assert wait_until(lambda: field.clock().monotonic > later, DEADLINE)
    assert broker.log.read_text().count(f" as {client_id}") == connections
    assert field.state("north").status is Status.BACKING_OFF
    field.clock.advance(RETRY_DELAY)
    field.wait_for_status("north", Status.CONNECTED)


def test_a_refused_login_says_what_to_check(
    private_mosquitto: Callable[..., Mosquitto], make_field: Callable[..., Field]
) -> None:
    field = make_field(private_mosquitto(["allow_anonymous false"]))
    field.save("north", username="field", password="wrong", retry_delay=RETRY_DELAY)
    field.start()
    field.wait_for_status("north", Status.PARKED)
    assert field.state("north").error_kind == "auth"
    assert "check username and password" in field.state("north").error_message


def test_a_password_that_cannot_be_read_fails_one_site_and_says_so(field: Field) -> None:
    field.save("north")
    field.save("sealed", username="field", password="secret", retry_delay=RETRY_DELAY)
    field.store.secrets = Secrets.load(None, field.directory / "another.key")
    field.connect("north")
    field.wait_for_status("sealed", Status.PARKED)
    assert field.state("sealed").error_kind == "config"


def test_a_link_without_its_subscription_is_no_connection(field: Field) -> None:
    """B5: `connected` is shown only when every subscription is granted."""
    with refusing_subscriptions() as port:
        field.save("north", broker_port=port, retry_delay=RETRY_DELAY)
        field.start()
        field.wait_for_status("north", Status.BACKING_OFF)
    assert field.state("north").error_kind == "acl"
    assert f"{field.code('north')}/#" in field.state("north").error_message
    assert field.state("north").last_connected_at is None
