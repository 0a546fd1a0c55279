"""What gateways, dataloggers and sensors have in common: an id from the database, a label, signs of life."""

from typing import Any, Generic, TypeVar

from thespian.actors import ActorAddress

from ..store.records import Availability, DataloggerRecord, GatewayRecord, SensorRecord
from .availability import GATEWAY_OFFLINE, GATEWAY_SILENT, LINK_DOWN, RESTARTED, Liveness
from .base import WardenActor
from .device_events import CheckDevice, LinkChanged
from .messages import MarkDevice, RelabelDevice
from .parts import Parts
from .record_events import DeviceChanged, DeviceDiscovered, DeviceStored

R = TypeVar("R", GatewayRecord, DataloggerRecord, SensorRecord)


class DeviceActor(WardenActor, Generic[R]):
    """A device's live state: one immutable record, replaced at each change and told to the board.

    One that the database does not know yet is told to the recorder too, and gets its id from there.
    """

    record: R

    def open(self, parts: Parts, record: R, link_up_since: float | None) -> None:
        self.parts = parts
        self.liveness = Liveness(record.availability is not Availability.NEVER_SEEN, link_up_since)
        if record.availability is not Availability.NEVER_SEEN:
            # What was true when we last ran need not be true now.
            record = record._replace(availability=Availability.UNKNOWN, availability_cause=RESTARTED)
        self.change(record)
        if record.id is None:
            self.send(parts.recorder, DeviceDiscovered(record))

    def change(self, record: R) -> None:
        self.record = record
        self.send(self.parts.board, DeviceChanged(record))

    @property
    def name(self) -> str:
        return self.record.slot

    def receiveMessage(self, message: object, sender: ActorAddress) -> None:
        match message:
            case CheckDevice():
                self.check(message)
            case LinkChanged():
                self.change_link(message)
            case DeviceStored(id=id):
                self.change(self.record._replace(id=id))
            case RelabelDevice(label=label):
                self.change(self.record._replace(label=label))
            case MarkDevice(is_deleted=is_deleted):
                self.change(self.record._replace(is_deleted=is_deleted))
            case _:
                super().receiveMessage(message, sender)

    def check(self, message: CheckDevice) -> None:
        """Look whether the device has been silent for too long; `interval` is in seconds."""
        now = message.now.monotonic
        if self.record.is_deleted:
            # Nobody listens to it: it is observed anew from its restoration on.
            if self.liveness.link_up_since is not None:
                self.liveness.link_up(now)
            return
        verdict = self.liveness.verdict(now, message.interval * message.multiplier)
        if self.is_behind_gateways(message):
            self.check_gateways(message, verdict)
            return
        changes: dict[str, Any] = self.missed(self.liveness.new_misses(now, message.interval))
        if verdict is not self.record.availability:
            changes |= self.spend(*self.liveness.become(verdict, now))
            changes["availability"] = verdict
            changes["availability_cause"] = ""
            if verdict is Availability.OFFLINE:
                silent = now - (self.liveness.silent_since() or now)
                changes |= self.went_down(message.now.epoch - silent)
        if changes:
            self.change(self.record._replace(**changes))

    def is_behind_gateways(self, message: CheckDevice) -> bool:
        """Whether the device's silence, if it is one, may be that of its site's gateways."""
        if self.liveness.is_shadowed:
            return True
        since = self.liveness.silent_since()
        if since is None or message.gateways is None or not self.liveness.ever_heard:
            return False
        return message.gateways.explains(since, message.interval)

    def check_gateways(self, message: CheckDevice, verdict: Availability) -> None:
        """Judge the gateways before the device: it misses nothing until one of them is heard again.

        A device whose deadline is over before theirs is `unknown` until then: they may be heard without it yet.
        """
        now = message.now.monotonic
        is_offline = message.gateways is not None and message.gateways.is_offline
        if self.liveness.is_shadowed:
            if not is_offline:
                self.liveness.link_up(now)
            return
        if verdict is not Availability.OFFLINE:
            return
        if is_offline:
            self.liveness.shadow(now)
        cause = GATEWAY_OFFLINE if is_offline else GATEWAY_SILENT
        if cause != self.record.availability_cause:
            self.change(self.record._replace(availability=Availability.UNKNOWN, availability_cause=cause))

    def change_link(self, message: LinkChanged) -> None:
        now = message.now.monotonic
        if message.is_up:
            self.liveness.link_up(now)
            return
        changes = self.spend(*self.liveness.link_down(now))
        if self.liveness.ever_heard:
            changes["availability"] = Availability.UNKNOWN
            changes["availability_cause"] = LINK_DOWN
        self.change(self.record._replace(**changes))

    def spend(self, online: float, observed: float) -> dict[str, Any]:
        """Charge seconds to the device's uptime."""
        return {
            "online_seconds": self.record.online_seconds + online,
            "observed_seconds": self.record.observed_seconds + observed,
        }

    def missed(self, count: int) -> dict[str, Any]:
        """What changes when so many more heartbeats are missed."""
        if not count or isinstance(self.record, SensorRecord):
            return {}
        return {"missed_heartbeats": self.record.missed_heartbeats + count}

    def went_down(self, at: float) -> dict[str, Any]:
        """What changes when the device is found to be silent since `at`."""
        return {"last_downtime_start": at}
