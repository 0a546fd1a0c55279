"""An MQTT session over paho, driven by the actor thread. Nothing else of ours knows paho.

paho's own thread and its own reconnecting are off: a worker opens the session (`open_session`, which may block on DNS,
TCP and TLS), the actor thread reads and writes it when its socket is ready, and whoever owns it is told what came
(`Greeted`, `Granted`, `Arrived`, `SessionEnded`). One session is one attempt; it is never used twice.
"""

import ssl
import traceback
from collections.abc import Callable, Collection, Sequence
from socket import IPPROTO_TCP, TCP_NODELAY
from typing import Any, NamedTuple

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from .buffered_socket import BufferedSocket
from .events import Arrived, Granted, Greeted, SessionEnded
from .failures import Failure, FailureKind, of_connack, of_exception
from .messages import Now
from .topics import filter_matches

# MQTT 5 (section 3.1.2.11.2): how long the broker keeps our session and queues for us while we are away. Seconds.
SESSION_EXPIRY = 7 * 24 * 3600

# paho keeps what we publish in memory, without a bound of its own.
MOST_QUEUED_MESSAGES = 1_000

KEEP_ALIVE_TIMEOUT = "Keep alive timeout"

Notify = Callable[[object], None]


class Target(NamedTuple):
    """All that a session needs to know to be opened. `password` is clear, and lives no longer than the attempt."""

    host: str
    port: int
    client_id: str
    username: str
    password: str
    protocol: str
    keep_alive: int
    timeout: float
    tls_mode: str
    tls_ca_file: str
    tls_certificate_file: str
    tls_key_file: str
    will_topic: str
    will_payload: bytes


class BufferedClient(Client):
    """A paho client whose socket reads ahead."""

    def _create_socket(self) -> Any:
        sock: Any = super()._create_socket()
        # Our packets are small, and we gather them ourselves: Nagle's waiting for more cost 40 ms at each SUBSCRIBE.
        sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        return BufferedSocket(sock)


class Session:
    """One MQTT connection, from CONNECT to its end. Belongs to the actor thread once it is attached."""

    def __init__(self, client: BufferedClient, target: Target) -> None:
        self.client = client
        self.target = target
        self.sock: BufferedSocket = client.socket()  # type: ignore[assignment]
        self.fd = self.sock.fileno()
        self.attempt = 0
        self.notify: Notify = ignore
        self.failure: Failure | None = None
        self.is_closing = False
        self.is_leaving = False  # DISCONNECT is sent; the broker has not closed yet
        self.has_ended = False
        self.now = Now(0.0, 0.0)
        self.filters: dict[int, list[str]] = {}  # by the id of the SUBSCRIBE that waits for its SUBACK
        self.subscribed: list[str] = []  # in the order of their subscription identifiers
        client.on_connect = self.on_connect
        client.on_subscribe = self.on_subscribe
        client.on_message = self.on_message
        client.on_disconnect = self.on_disconnect

    def attach(self, attempt: int, notify: Notify) -> None:
        """Say who is told what comes."""
        self.attempt = attempt
        self.notify = notify

    def fileno(self) -> int:
        return self.fd

    # What the actor thread drives

    def read(self, now: Now, most: int) -> bool:
        """Read at most so many packets; True if there are more that `select` would not tell of."""
        self.now = now
        if self.is_leaving:
            self.leave()
            return False
        self.sock.is_corked = True
        for _ in range(most):
            if self.client.loop_read() != MQTTErrorCode.MQTT_ERR_SUCCESS or self.has_ended:
                break
            if not self.sock.has_more:
                break
        self.sock.is_corked = False
        self.flush()
        return not self.has_ended and self.sock.has_more

    def write(self, now: Now) -> None:
        self.now = now
        if self.is_leaving:
            self.leave()
            return
        self.flush()
        if not self.has_ended:
            self.client.loop_write()

    def flush(self) -> None:
        if self.has_ended:
            return
        try:
            self.sock.flush()
        except OSError as error:
            self.drop(Failure(FailureKind.KICKED, f"the connection to the broker was lost: {error.strerror}"))

    def wants_write(self) -> bool:
        return not self.has_ended and (bool(self.sock.unsent) or self.client.want_write())

    def tick(self, now: Now) -> None:
        """Keep alive: ping when it is time, end when the answer does not come."""
        self.now = now
        if self.is_leaving:
            self.leave()
        else:
            self.client.loop_misc()

    # What its owner asks of it

    def subscribe(self, filters: Sequence[tuple[str, int]]) -> None:
        self.subscribed = [name for name, _ in filters]
        if self.target.protocol != "5":
            self.sent_subscribe(self.client.subscribe(list(filters)), self.subscribed)
            return
        # A broker may send a copy for each filter that matches (MQTT 5 section 3.3.4); the identifier tells which
        # filter a copy is for, and `on_message` takes the first filter's only.
        for identifier, (name, qos) in enumerate(filters, start=1):
            properties = Properties(PacketTypes.SUBSCRIBE)  # type: ignore[no-untyped-call]
            properties.SubscriptionIdentifier = identifier
            options = SubscribeOptions(qos=qos)
            self.sent_subscribe(self.client.subscribe(name, options=options, properties=properties), [name])

    def sent_subscribe(self, sent: tuple[MQTTErrorCode, int | None], names: list[str]) -> None:
        if sent[1] is not None:
            self.filters[sent[1]] = names

    def unsubscribe(self, filters: Collection[str]) -> None:
        """Take filters back; one that is not there does no harm."""
        if filters:
            self.client.unsubscribe(sorted(filters))

    def publish(self, topic: str, payload: bytes) -> None:
        """Publish a retained message at QoS 1."""
        self.client.publish(topic, payload, qos=1, retain=True)

    def close(self, topic: str, payload: bytes) -> None:
        """Say goodbye on a topic and disconnect."""
        self.is_closing = True
        self.publish(topic, payload)
        self.sock.lingers = True
        self.client.disconnect()

    def leave(self) -> None:
        """Wait until the broker has taken our goodbye, which it says by closing."""
        if not self.has_ended and self.sock.drain():
            self.drop(None)

    def drop(self, failure: Failure | None) -> None:
        """End without a word, so that the broker publishes our will."""
        self.failure = failure
        self.end()
        self.sock.lingers = False
        self.sock.close()

    # What paho tells us; an exception in here would end up in paho's hands, so these only pass on

    def on_connect(self, _client: Client, _data: Any, flags: ConnectFlags, code: ReasonCode, _: Any) -> None:
        if code.is_failure:
            self.failure = of_connack(code.value, code.getName())
        else:
            self.notify(Greeted(self.attempt, flags.session_present))

    def on_subscribe(self, _client: Client, _data: Any, mid: int, codes: list[ReasonCode], _: Any) -> None:
        names = self.filters.pop(mid, [])
        refused = tuple(name for name, code in zip(names, codes, strict=False) if code.is_failure)
        if refused or not self.filters:
            self.notify(Granted(self.attempt, refused))

    def on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        try:
            topic: str | None = message.topic
        except UnicodeDecodeError:
            topic = None
        if message.properties is not None and self.is_second_copy(topic, message.properties):
            return
        self.notify(
            Arrived(topic, bytes(message.payload), message.qos, message.retain, message.dup, self.now, message.mid)
        )

    def is_second_copy(self, topic: str | None, properties: Properties) -> bool:
        """Whether this is a copy for a filter of ours while another copy is for an earlier filter."""
        identifiers = getattr(properties, "SubscriptionIdentifier", None)
        if not identifiers or topic is None:
            return False
        matching = (at for at, name in enumerate(self.subscribed, start=1) if filter_matches(name, topic))
        return next(matching, None) not in identifiers

    def on_disconnect(self, _client: Client, _data: Any, flags: DisconnectFlags, code: ReasonCode, _: Any) -> None:
        if self.is_closing:
            self.is_leaving = True
            return
        if self.failure is None:
            name = code.getName()
            if name == KEEP_ALIVE_TIMEOUT:
                self.failure = Failure(FailureKind.KEEPALIVE, "the broker no longer answers our pings")
            elif flags.is_disconnect_packet_from_server:
                self.failure = Failure(FailureKind.KICKED, f"the broker disconnected us ({name})")
            else:
                self.failure = Failure(FailureKind.KICKED, "the connection to the broker was lost")
        self.end()

    def end(self) -> None:
        """Tell our end, once: paho may tell it twice."""
        if not self.has_ended:
            self.has_ended = True
            self.notify(SessionEnded(self.attempt, self.failure))


def ignore(_event: object) -> None:
    """Take what comes before anybody wants it."""


def open_session(target: Target) -> Session:
    """Resolve, connect, shake hands and send CONNECT. Blocks, at most about `target.timeout` a step.

    Raises `OSError` and, for a host that cannot even be asked for, `UnicodeError`; `refusal` says what they mean.
    """
    is_v5 = target.protocol == "5"
    client = BufferedClient(
        CallbackAPIVersion.VERSION2,
        client_id=target.client_id,
        clean_session=None if is_v5 else False,
        protocol=MQTTProtocolVersion.MQTTv5 if is_v5 else MQTTProtocolVersion.MQTTv311,
        reconnect_on_failure=False,
    )
    client.connect_timeout = target.timeout
    client.max_queued_messages_set(MOST_QUEUED_MESSAGES)
    client.will_set(target.will_topic, target.will_payload, qos=1, retain=True)
    if target.username:
        client.username_pw_set(target.username, target.password or None)
    if target.tls_mode != "off":
        client.tls_set_context(tls_context(target))
    if is_v5:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = SESSION_EXPIRY
        client.connect(target.host, target.port, target.keep_alive, clean_start=False, properties=properties)
    else:
        client.connect(target.host, target.port, target.keep_alive)
    if client.socket() is None:
        raise ConnectionResetError("before CONNECT was sent")
    return Session(client, target)


def tls_context(target: Target) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=target.tls_ca_file or None)
    if target.tls_certificate_file:
        context.load_cert_chain(target.tls_certificate_file, target.tls_key_file or None)
    if target.tls_mode == "insecure":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def refusal(error: Exception, target: Target) -> Failure:
    """Say why a session could not be opened."""
    kind, message = of_exception(error, target.host, target.port)
    trace = "".join(traceback.format_exception(error))
    return Failure(kind, message, type(error).__name__, trace)
