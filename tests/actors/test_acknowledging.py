"""The broker is told of a message when its owner says so, and not before (row C10)."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any, cast

import paho.mqtt.publish as mqtt
import pytest
from servers.mosquitto import Mosquitto
from servers.process import wait_until
from sitewarden.actors.events import Arrived, Granted, Greeted
from sitewarden.actors.link import Link
from sitewarden.actors.messages import Now
from sitewarden.actors.mqtt import Session, Target
from sitewarden.actors.opening import open_session
from sitewarden.actors.parts import Parts
from thespian.actors import ActorAddress

from .field import Field

DEADLINE = 10.0  # seconds
NOW = Now(0.0, 0.0)
READ_BATCH = 100

MOSQUITTO_WINDOW = 20  # messages, its `max_inflight_messages` by default
RECEIVE_MAXIMUM = 5
SENT = 30
ATTEMPT = 7


class Listener:
    """Hears what comes below a topic, and acknowledges nothing by itself."""

    def __init__(self, session: Session, topic: str) -> None:
        self.session = session
        self.topic = topic
        self.arrived: list[Arrived] = []
        self.is_granted = False
        session.attach(ATTEMPT, self.take)

    def take(self, event: Any) -> None:
        match event:
            case Greeted():
                self.session.subscribe([(f"{self.topic}/#", 1)])
            case Granted():
                self.is_granted = True
            case Arrived():
                self.arrived.append(event)

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        def is_so_now() -> bool:
            self.session.read(NOW, READ_BATCH)
            return is_so()

        assert wait_until(is_so_now, DEADLINE), self.arrived

    @property
    def waiting(self) -> list[Arrived]:
        return [arrived for arrived in self.arrived if arrived.qos]

    def send(self, broker: Mosquitto, count: int) -> None:
        """Have messages sent, and wait until all that come for now are there.

        What is sent last is at QoS 0, which waits for no acknowledgement of those before it.
        """
        heard = len(self.arrived) - len(self.waiting)
        numbered = [(f"{self.topic}/n", str(number), 1, False) for number in range(count)]
        mqtt.multiple([*numbered, (f"{self.topic}/end", "", 0, False)], broker.host, broker.port)
        self.wait_until(lambda: len(self.arrived) - len(self.waiting) > heard)


@pytest.fixture
def listen(mosquitto: Mosquitto, request: pytest.FixtureRequest) -> Iterator[Callable[..., Listener]]:
    """Make a listener on the shared broker, under a client id and a topic of the test's own."""
    name = request.node.name
    with ExitStack() as sessions:

        def make(protocol: str = "3.1.1") -> Listener:
            target = Target(
                host=mosquitto.host,
                port=mosquitto.port,
                client_id=name,
                username="",
                password="",
                protocol=protocol,
                keep_alive=60,
                timeout=DEADLINE,
                tls_mode="off",
                tls_ca_file="",
                tls_certificate_file="",
                tls_key_file="",
                will_topic=f"{name}/will",
                will_payload=b"",
                receive_maximum=RECEIVE_MAXIMUM,
            )
            session = open_session(target)
            sessions.callback(session.drop, None)
            listener = Listener(session, name)
            listener.wait_until(lambda: listener.is_granted)
            return listener

        yield make


@pytest.mark.parametrize(("protocol", "window"), [("3.1.1", MOSQUITTO_WINDOW), ("5", RECEIVE_MAXIMUM)])
def test_a_broker_sends_no_more_than_its_window_until_we_acknowledge(
    mosquitto: Mosquitto, listen: Callable[..., Listener], protocol: str, window: int
) -> None:
    listener = listen(protocol)
    listener.send(mosquitto, SENT)
    assert len(listener.waiting) == window
    assert {arrived.attempt for arrived in listener.waiting} == {ATTEMPT}
    acknowledged = 0

    def has_sent_all() -> bool:
        nonlocal acknowledged
        for arrived in listener.waiting[acknowledged:]:
            listener.session.ack(arrived.packet_id, arrived.qos)
            acknowledged += 1
        listener.session.flush()
        return acknowledged == SENT

    listener.wait_until(has_sent_all)
    assert [int(arrived.payload) for arrived in listener.waiting] == list(range(SENT))


def test_what_was_not_acknowledged_comes_again_marked_as_such(
    mosquitto: Mosquitto, listen: Callable[..., Listener]
) -> None:
    listener = listen()
    listener.send(mosquitto, 2)
    first, second = listener.waiting
    listener.session.ack(first.packet_id, first.qos)
    listener.session.publish(f"{listener.topic}/own", b"behind")  # it comes back when the broker has taken both
    listener.wait_until(lambda: len(listener.waiting) == 3)
    listener.session.drop(None)

    again = listen()
    again.wait_until(lambda: len(again.waiting) >= 2)
    redelivered = [(arrived.payload, arrived.packet_id) for arrived in again.waiting if arrived.dup]
    assert redelivered[0] == (second.payload, second.packet_id)
    assert first.payload not in {payload for payload, _ in redelivered}


def test_acknowledgements_leave_together_when_they_are_flushed(
    mosquitto: Mosquitto, listen: Callable[..., Listener]
) -> None:
    listener = listen()
    listener.send(mosquitto, 3)
    for arrived in listener.arrived:  # the one at QoS 0 needs none
        listener.session.ack(arrived.packet_id, arrived.qos)
    assert listener.session.wants_write()
    puback = bytes.fromhex("40 02")
    identifiers = [arrived.packet_id.to_bytes(2, "big") for arrived in listener.waiting]
    assert bytes(listener.session.sock.unsent) == b"".join(puback + each for each in identifiers)
    listener.session.flush()
    assert not listener.session.wants_write()


def test_after_its_end_a_session_acknowledges_nothing(mosquitto: Mosquitto, listen: Callable[..., Listener]) -> None:
    listener = listen()
    listener.send(mosquitto, 1)
    listener.session.drop(None)
    [arrived] = listener.waiting
    listener.session.ack(arrived.packet_id, arrived.qos)
    listener.session.flush()
    assert not listener.session.wants_write()


def test_an_acknowledgement_belongs_to_its_connection(
    mosquitto: Mosquitto, listen: Callable[..., Listener], field: Field
) -> None:
    """The broker may have given the identifier to another message since."""
    field.save("north")
    [configuration] = field.store.configurations()
    link = Link(cast("Parts", SimpleNamespace(settings=field.settings)), cast("ActorAddress", None), configuration)
    listener = listen()
    listener.send(mosquitto, 1)
    [arrived] = listener.waiting
    link.session, link.attempt = listener.session, ATTEMPT
    link.ack(ATTEMPT - 1, arrived.packet_id, arrived.qos)
    assert not listener.session.wants_write()
    link.ack(arrived.attempt, arrived.packet_id, arrived.qos)
    assert listener.session.wants_write()
