"""What a site can read of Sitewarden on its broker: the retained `{prefix}/backend/status` (row B13)."""

import json
from types import TracebackType
from typing import Any, Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from servers.mosquitto import Mosquitto


class PresenceReader:
    """A client of the broker that reads Sitewarden's presence on one site, while the `with` block lasts."""

    def __init__(self, broker: Mosquitto, site: str) -> None:
        self.status = ""  # the newest; empty until one came
        self.client_id = ""  # of the Sitewarden that it speaks of
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self.client.on_connect = lambda client, *_: client.subscribe(f"{site}/backend/status", qos=1)
        self.client.on_message = self.take
        self.client.connect(broker.host, broker.port)

    def take(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        told = json.loads(message.payload)
        self.client_id, self.status = told["client_id"], told["status"]

    def __enter__(self) -> Self:
        self.client.loop_start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.disconnect()
        self.client.loop_stop()
