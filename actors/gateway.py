"""The live state of a gateway (row D1)."""

from typing import Any

from thespian.actors import ActorAddress

from ..store.records import Availability, GatewayRecord
from .device import DeviceActor
from .device_events import CheckDevice, GatewayChecked, GatewayObserved, OpenGateway

# What a gateway tells of itself, under the same name in its observation and in its record.
TOLD = (
    "hostname",
    "ip_address",
    "firmware_version",
    "cpu_usage_percent",
    "memory_usage_percent",
    "disk_usage_percent",
    "uptime_seconds",
    "interval_seconds",
)


class GatewayActor(DeviceActor[GatewayRecord]):
    def receiveMessage(self, message: object, sender: ActorAddress) -> None:
        match message:
            case GatewayObserved():
                self.observe(message)
            case CheckDevice(now=now, interval=interval, multiplier=multiplier):
                own = self.record.interval_seconds or interval
                self.check(CheckDevice(now, own, multiplier))
                is_judged = self.liveness.ever_heard and not self.record.is_deleted
                since = self.liveness.silent_since() if is_judged else None
                self.send(sender, GatewayChecked(self.record, own, since))
            case OpenGateway():
                self.open(message.parts, message.record, message.link_up_since)
            case _:
                super().receiveMessage(message, sender)

    def observe(self, message: GatewayObserved) -> None:
        record, observation, now = self.record, message.observation, message.now
        if record.is_deleted:
            return
        changes: dict[str, Any] = {
            name: told for name in TOLD if (told := getattr(observation, name)) is not None and told != ""
        }
        if observation.serial_number is not None:
            changes["serial_number"] = observation.serial_number
        if observation.metadata:
            changes["raw_metadata"] = observation.metadata
        if message.counted:
            changes["total_heartbeats"] = record.total_heartbeats + 1
        if message.live:
            changes |= self.spend(*self.liveness.hear(now.monotonic))
            changes["availability"] = Availability.ONLINE
            changes["availability_cause"] = ""
            changes["last_heartbeat"] = changes["last_communication"] = now.epoch
            if observation.device_time is not None:
                changes["clock_skew_seconds"] = observation.device_time - now.epoch
        self.change(record._replace(**changes))
