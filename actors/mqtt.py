"""An MQTT session over paho, driven by the actor thread. Nothing else of ours, `opening.py` apart, knows paho.

paho's own thread and its own reconnecting are off: a worker opens the session (`opening.py`, which may block on DNS,
TCP and TLS), the actor thread reads and writes it when its socket is ready, and whoever owns it is told what came
(`Greeted`, `Granted`, `Arrived`, `SessionEnded`). One session is one attempt; it is never used twice.
"""

import ssl
from collections.abc import Callable, Collection, Sequence
from socket import IPPROTO_TCP, TCP_NODELAY, socket
from typing import Any, NamedTuple

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from .buffered_socket import BufferedSocket
from .events import Arrived, Granted, Greeted, SessionEnded
from .failures import Failure, FailureKind
from .losses import Loss, of_loss
from .messages import Now
from .reason_codes import of_connack, of_disconnect

# What paho calls the ends that it finds by itself.
KEEP_ALIVE_TIMEOUT = "Keep alive timeout"
PROTOCOL_ERROR = "Protocol error"

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
    receive_maximum: int
    keeps_session: bool = True  # False: a look that leaves neither a session nor a will at the broker


class BufferedClient(Client):
    """A paho client whose socket reads ahead. `connected` is the socket to use, if there is one already."""

    connected: socket | None = None

    def _create_socket(self) -> Any:
        sock: Any = self.connected or super()._create_socket()
        # Our packets are small, and we gather them ourselves: Nagle's waiting for more cost 40 ms at each SUBSCRIBE.
        sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        return BufferedSocket(sock)

    def _ssl_wrap_socket(self, tcp_sock: Any) -> Any:
        try:
            return super()._ssl_wrap_socket(tcp_sock)
        except ConnectionError as error:
            # The end of a connection in the midst of the handshake, which OpenSSL reports if it is the one to see it.
            raise ssl.SSLEOFError(error.errno, "the handshake was cut") from error


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
        self.was_cut = False
        self.is_closing = False
        self.is_leaving = False  # DISCONNECT is sent; the broker has not closed yet
        self.has_ended = False
        self.was_greeted = False
        self.now = Now(0.0, 0.0)
        self.heard_at: float | None = None  # epoch seconds
        self.filters: dict[int, list[str]] = {}  # by the id of the SUBSCRIBE that waits for its SUBACK
        self.granted: dict[str, int] = {}  # the QoS of each filter, as SUBACK says; from 0x80 on it is refused
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

    @property
    def is_v5(self) -> bool:
        return self.target.protocol == "5"

    # What the actor thread drives

    def read(self, now: Now, most: int) -> bool:
        """Read at most so many packets; True if there are more that `select` would not tell of."""
        self.now = now
        if self.is_leaving:
            self.leave()
            return False
        for _ in range(most):
            if not self.read_packet():
                break
        self.flush()
        return not self.has_ended and self.sock.has_more

    def read_packet(self) -> bool:
        """Read a packet, if it is there as a whole; whether there may be more."""
        if self.client.loop_read() != MQTTErrorCode.MQTT_ERR_SUCCESS or self.has_ended:
            return False
        self.heard_at = self.now.epoch
        return self.sock.has_more

    def write(self, now: Now) -> None:
        self.now = now
        if self.is_leaving:
            self.leave()
        else:
            self.flush()

    def flush(self) -> None:
        """Send what was gathered, such as acknowledgements; what the socket does not take now waits for `write`."""
        if self.has_ended or self.is_leaving:
            return
        if self.client.want_write():  # what was answered from within a callback
            self.client.loop_write()
        try:
            self.sock.flush()
        except OSError as error:
            # Before it closed, the broker may have said why. The socket is dead: what is there to read has an end.
            while self.read_packet():
                pass
            if not self.has_ended:
                self.lose(error)
                self.sock.close()

    def wants_write(self) -> bool:
        return not self.has_ended and (bool(self.sock.unsent) or self.client.want_write())

    def tick(self, now: Now) -> None:
        """Keep alive: ping when it is time, end when the answer does not come."""
        self.now = now
        if self.is_leaving:
            self.leave()
        else:
            self.client.loop_misc()
            self.flush()

    # What its owner asks of it

    def subscribe(self, filters: Sequence[tuple[str, int]]) -> None:
        wanted = [(name, SubscribeOptions(qos=qos)) for name, qos in filters] if self.is_v5 else list(filters)
        _, packet_id = self.client.subscribe(wanted)
        if packet_id is not None:
            self.filters[packet_id] = [name for name, _ in filters]
        self.flush()

    def unsubscribe(self, filters: Collection[str]) -> None:
        """Take filters back; one that is not there does no harm."""
        if filters:
            self.client.unsubscribe(sorted(filters))
            self.flush()

    def publish(self, topic: str, payload: bytes) -> None:
        """Publish a retained message at QoS 1."""
        self.client.publish(topic, payload, qos=1, retain=True)
        self.flush()

    def ack(self, packet_id: int, qos: int) -> None:
        """Acknowledge a message; it leaves with the next `flush`. At QoS 0 and after the end there is nothing to do."""
        if qos and not self.has_ended and not self.is_leaving:
            self.client.ack(packet_id, qos)

    def close(self, topic: str, payload: bytes) -> None:
        """Say goodbye on a topic and disconnect."""
        self.is_closing = True
        self.publish(topic, payload)
        self.sock.lingers = True
        self.client.disconnect()
        self.leave()

    def hang_up(self) -> None:
        """Disconnect without a goodbye, and wait for nothing."""
        self.is_closing = True
        self.client.disconnect()
        self.drop(None)

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
            self.was_greeted = True
            self.notify(Greeted(self.attempt, flags.session_present))

    def on_subscribe(self, _client: Client, _data: Any, mid: int, codes: list[ReasonCode], _: Any) -> None:
        names = self.filters.pop(mid, [])
        self.granted.update(zip(names, (code.value for code in codes), strict=False))
        refused = tuple(name for name, code in zip(names, codes, strict=False) if code.is_failure)
        if refused or not self.filters:
            reason = next((code.getName() for code in codes if code.is_failure), "") if self.is_v5 else ""
            self.notify(Granted(self.attempt, refused, self.now, reason))

    def on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        try:
            topic: str | None = message.topic
        except UnicodeDecodeError:
            topic = None
        payload = bytes(message.payload)
        self.notify(
            Arrived(topic, payload, message.qos, message.retain, message.dup, self.now, message.mid, self.attempt)
        )

    def on_disconnect(self, _client: Client, _data: Any, flags: DisconnectFlags, code: ReasonCode, _: Any) -> None:
        if self.is_closing:
            self.is_leaving = True
            return
        if self.failure is not None:
            self.end()
        elif flags.is_disconnect_packet_from_server:
            self.failure = of_disconnect(code.value, code.getName(), self.target.client_id)
            self.end()
        else:
            self.lose(self.sock.error, code.getName())

    def lose(self, error: OSError | None, paho_says: str = "") -> None:
        """Take the end of a session that nobody announced."""
        self.failure = of_loss(self.loss(error, paho_says))
        # A client that is thrown out by another with its id sees just this, in MQTT 3.1.1.
        self.was_cut = self.was_greeted and self.failure.kind is FailureKind.KICKED and paho_says != PROTOCOL_ERROR
        self.end()

    def loss(self, error: OSError | None, paho_says: str) -> Loss:
        return Loss(
            where=f"{self.target.host}:{self.target.port}",
            protocol=self.target.protocol,
            is_tls=self.target.tls_mode != "off",
            was_greeted=self.was_greeted,
            is_overdue=paho_says == KEEP_ALIVE_TIMEOUT,
            is_garbled=paho_says == PROTOCOL_ERROR,
            first_bytes=self.sock.buffer,
            error=error,
        )

    def end(self) -> None:
        """Tell our end, once: paho may tell it twice."""
        if not self.has_ended:
            self.has_ended = True
            self.notify(SessionEnded(self.attempt, self.failure, self.was_cut, self.heard_at))


def ignore(_event: object) -> None:
    """Take what comes before anybody wants it."""
