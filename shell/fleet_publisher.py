"""The link by which a simulated fleet publishes: one MQTT client for all its devices."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from .refusal import Refusal
from .simulated_fleet import Publication

QOS = 1
KEEP_ALIVE_SECONDS = 30

# paho's 20 messages on their way would slow a large fleet down to 20 per round trip.
MESSAGES_ON_THEIR_WAY = 1000
# Some minutes of a large fleet while the broker is away; what comes on top is counted as refused.
WAITING_MESSAGES = 50_000


class BrokerUnreachable(Refusal):
    """The broker does not take our connection; the message names it and says why."""


@dataclass(frozen=True)
class Tally:
    """What became of the messages of a fleet."""

    published: int = 0  # handed to the client
    acknowledged: int = 0  # the broker has them
    refused: int = 0  # not even kept: too many waited for a broker that was away

    @property
    def open(self) -> int:
        """How many the broker has not acknowledged yet."""
        return self.published - self.acknowledged


class FleetPublisher:
    """Publishes at QoS 1 and counts what the broker has acknowledged. A broker that goes away is waited for.

    `open` raises `BrokerUnreachable`. Used from one thread; paho's own calls back. There too `on_link` is told of a
    broker that has gone (False) and is back (True).
    """

    def __init__(self, host: str, port: int, on_link: Callable[[bool], None] | None = None) -> None:
        self.host, self.port = host, port
        self.on_link = on_link
        self.is_missed = False  # the broker has gone, and we have not said goodbye
        self.published = self.acknowledged = self.refused = 0
        self.changed = threading.Condition()
        self.is_connected = False
        self.refusal = ""
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self.client.max_inflight_messages_set(MESSAGES_ON_THEIR_WAY)
        self.client.max_queued_messages_set(WAITING_MESSAGES)
        self.client.on_connect = self.on_connect
        self.client.on_disconnect = self.on_disconnect
        self.client.on_publish = self.on_publish

    def open(self, timeout: float) -> None:
        """Connect within `timeout` seconds."""
        address = f"{self.host}:{self.port}"
        self.client.connect_timeout = timeout
        try:
            self.client.connect(self.host, self.port, KEEP_ALIVE_SECONDS)
        except (OSError, UnicodeError) as error:
            raise BrokerUnreachable(f"no MQTT broker at {address}: {error}") from error
        self.client.loop_start()
        with self.changed:
            self.changed.wait_for(lambda: self.is_connected or self.refusal, timeout)
        if not self.is_connected:
            self.close()
            raise BrokerUnreachable(f"{address} does not let us in: {self.refusal or 'no answer to CONNECT'}")

    def publish(self, publication: Publication) -> None:
        """Hand a message over; it is sent, and sent again after a loss of the link, until it is acknowledged."""
        sent = self.client.publish(publication.topic, publication.payload, QOS)
        if sent.rc == mqtt.MQTT_ERR_QUEUE_SIZE:
            self.refused += 1
        else:
            self.published += 1

    def drain(self, timeout: float) -> None:
        """Wait up to `timeout` seconds until all that was published is acknowledged."""
        with self.changed:
            self.changed.wait_for(lambda: self.acknowledged >= self.published, timeout)

    @property
    def tally(self) -> Tally:
        return Tally(self.published, self.acknowledged, self.refused)

    def close(self) -> None:
        """Say goodbye and end paho's thread."""
        self.client.disconnect()
        self.client.loop_stop()

    # The rest runs in paho's thread.

    def on_connect(
        self,
        client: mqtt.Client,
        userdata: object,
        flags: mqtt.ConnectFlags,
        reason_code: ReasonCode,
        properties: Properties | None,
    ) -> None:
        with self.changed:
            self.is_connected = not reason_code.is_failure
            self.refusal = "" if self.is_connected else str(reason_code)
            self.changed.notify_all()
        if self.is_connected and self.is_missed:
            self.tell(is_there=True)

    def on_disconnect(
        self,
        client: mqtt.Client,
        userdata: object,
        flags: mqtt.DisconnectFlags,
        reason_code: ReasonCode,
        properties: Properties | None,
    ) -> None:
        # A failure is also what follows each refused CONNECT; and one loss may be told twice.
        if reason_code.is_failure and self.is_connected:
            self.is_connected = False
            self.tell(is_there=False)

    def tell(self, is_there: bool) -> None:
        self.is_missed = not is_there
        if self.on_link:
            self.on_link(is_there)

    def on_publish(
        self,
        client: mqtt.Client,
        userdata: object,
        mid: int,
        reason_code: ReasonCode,
        properties: Properties | None,
    ) -> None:
        with self.changed:
            self.acknowledged += 1
            self.changed.notify_all()
