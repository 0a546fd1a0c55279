"""The tree in this process: the real store on SQLite, the real actors, a real broker, and a clock that tests move."""

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import paho.mqtt.publish as mqtt
from servers.mosquitto import Mosquitto
from servers.process import wait_until
from sitewarden.actors.messages import (
    Counters,
    GetCounters,
    GetSite,
    ListDevices,
    ListTopics,
    Now,
    ReconcileSite,
    SiteReport,
)
from sitewarden.actors.parsing.registry import Registry
from sitewarden.actors.runtime import Runtime
from sitewarden.config.settings import load
from sitewarden.store.drafts import ConnectionDraft, SiteDraft
from sitewarden.store.records import (
    ConnectionLogRecord,
    ConnectionState,
    DataloggerRecord,
    DeviceEventRecord,
    DiscoveredTopicRecord,
    GatewayRecord,
    Kind,
    ParsingLogRecord,
    SensorRecord,
    SiteMemory,
    Status,
)
from sitewarden.store.secrets import Secrets
from sitewarden.store.store import Store

DEADLINE = 20.0  # seconds
ASK_SECONDS = 5.0
DATABASE = "sitewarden.db"

# So long that only a test which moves the clock sees it; the tests that want a retry soon say so.
MONITOR_INTERVAL = 1_000.0

# What the devices' clocks say; the server's is elsewhere, and that must not matter.
START = datetime(2025, 10, 14, 13, 57, 16, tzinfo=UTC)

R = TypeVar("R")


class Clock:
    """The machine's two clocks, moved ahead by a test. They are read in the actor thread."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self.wall_ahead = 0.0

    def __call__(self) -> Now:
        return Now(time.time() + self.ahead + self.wall_ahead, time.monotonic() + self.ahead)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.ahead += seconds

    def set_wall(self, seconds: float) -> None:
        """Have somebody set the server's clock by so much: no time passes."""
        self.wall_ahead += seconds


class Message(NamedTuple):
    """What a device publishes."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False


def device_time(number: int) -> str:
    return (START + timedelta(seconds=number)).strftime("%Y-%m-%d %H:%M:%S.%f")


def heartbeat(
    site: str, *sensors: str, number: int = 0, type: str = "monstro", instance: object = 1, **fields: object
) -> Message:
    """A datalogger's heartbeat; each `number` is another time with other values. `fields` are more of the payload."""
    readings = {"ts": device_time(number), "last_acc00": -0.25, "last_acc02": 1 + number / 1000}
    data = [{"device_name": serial, **readings} for serial in sensors]
    payload = {"heart_beat": site, "sensors_last_data": data, **fields}
    return Message(f"{site}/datalogger/{type}/{instance}/heartbeat", json.dumps(payload).encode())


def gateway_heartbeat(site: str, **fields: object) -> Message:
    return Message(f"{site}/gateway/heartbeat", json.dumps(fields).encode())


class Field:
    """An installation under test; `start` and `stop` may come again and again, as processes do.

    Sites go by short names; what stands before the topics is `code(name)`, which no other test has.
    """

    def __init__(
        self,
        directory: Path,
        broker: Mosquitto,
        registry: Registry | None = None,
        mqtt: Mapping[str, Any] | None = None,
        persist_interval: float = 0.2,
        clock: Clock | None = None,
    ) -> None:
        self.directory = directory
        self.broker = broker
        self.registry = registry
        self.clock = clock or Clock()
        self.settings = load(
            sitewarden={"data_dir": directory},
            mqtt={"start_spread": 0, "retry_jitter": 0, **(mqtt or {})},
            persist={"interval": persist_interval},
            monitor={"interval": MONITOR_INTERVAL},
        )
        self.store = Store(f"sqlite:///{directory / DATABASE}", Secrets.load(None, directory / "secret.key"))
        self.store.migrate()
        self.runtime = self.new_runtime()

    def new_runtime(self) -> Runtime:
        return Runtime(self.settings, self.store, self.registry, self.clock)

    # What people do

    def code(self, name: str) -> str:
        return f"{name}-{self.directory.name}"

    def save(self, name: str, is_active: bool = True, **connection: Any) -> None:
        """Write a site down; it is at the broker unless `connection` says otherwise."""
        where = {"broker_host": self.broker.host, "broker_port": self.broker.port, **connection}
        draft = ConnectionDraft(is_active=is_active, **where)
        self.store.save_fleet([SiteDraft(code=self.code(name), connection=draft)], self.settings.mqtt)

    def id(self, name: str) -> int:
        code = self.code(name)
        return next(found.site.id for found in self.store.configurations() if found.site.code == code)

    def want(self, name: str, is_active: bool) -> None:
        """Set the desired state and tell of it, as the API does."""
        self.store.set_connection_active(self.id(name), is_active)
        self.runtime.tell(ReconcileSite(self.id(name)))

    def start(self) -> None:
        self.runtime.start()

    def stop(self) -> None:
        self.runtime.stop()

    def restart(self) -> None:
        """End in order and begin again, as after an upgrade."""
        self.stop()
        self.runtime = self.new_runtime()
        self.start()

    def connect(self, *names: str) -> None:
        """Start, and wait until these sites are connected."""
        self.start()
        for name in names:
            self.wait_for_status(name, Status.CONNECTED)

    def close(self) -> None:
        self.stop()
        self.store.close()

    # What devices do

    def publish(self, *messages: Message) -> None:
        """Publish in this order; when this returns, the broker has acknowledged them all."""
        mqtt.multiple([*messages], self.broker.host, self.broker.port)

    # What is known

    def ask(self, question: object, answer: type[R]) -> R:
        given = self.runtime.ask(question, ASK_SECONDS)
        assert isinstance(given, answer), given
        return given

    def state(self, name: str) -> ConnectionState:
        return self.ask(GetSite(self.id(name)), SiteReport).state

    def counters(self) -> Counters:
        return self.ask(GetCounters(), Counters)

    def gateways(self, name: str) -> dict[str, GatewayRecord]:
        return {device.slot: device for device in self.ask(ListDevices(Kind.GATEWAY, self.id(name)), tuple)}

    def dataloggers(self, name: str) -> dict[str, DataloggerRecord]:
        return {device.slot: device for device in self.ask(ListDevices(Kind.DATALOGGER, self.id(name)), tuple)}

    def sensors(self, name: str) -> dict[str, SensorRecord]:
        return {device.serial_number: device for device in self.ask(ListDevices(Kind.SENSOR, self.id(name)), tuple)}

    def topics(self, name: str) -> dict[str, DiscoveredTopicRecord]:
        """The catalogue by the topic's part below the site's prefix."""
        start = len(self.code(name)) + 1
        return {topic.topic_path[start:]: topic for topic in self.ask(ListTopics(self.id(name)), tuple)}

    def memory(self, name: str) -> SiteMemory:
        return self.store.memory(self.id(name))

    def connection_log(self, name: str) -> list[ConnectionLogRecord]:
        """Oldest first."""
        return self.store.connection_logs(self.id(name), 1000, 0)[1][::-1]

    def parsing_log(self, name: str) -> list[ParsingLogRecord]:
        return self.store.parsing_logs(self.id(name), 1000, 0)[1]

    def events(self, name: str) -> list[DeviceEventRecord]:
        return self.store.device_events(self.id(name), 1000, 0)[1]

    # Waiting

    def wait_for_status(self, name: str, status: Status) -> None:
        # Before the actors have read it from the database, a site is not known to them.
        question = GetSite(self.id(name))

        def is_so() -> bool:
            answer = self.runtime.ask(question, ASK_SECONDS)
            return isinstance(answer, SiteReport) and answer.state.status is status

        assert wait_until(is_so, DEADLINE), self.runtime.ask(question, ASK_SECONDS)

    def wait_for_messages(self, count: int) -> None:
        assert wait_until(lambda: self.counters().messages >= count, DEADLINE), self.counters()
