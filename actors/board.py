"""The newest record of everything: answers questions, and hands on what changed."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from thespian.actors import ActorAddress

from ..store.records import (
    ConnectionState,
    DataloggerRecord,
    DeviceEventRecord,
    DeviceKey,
    DeviceRecord,
    GatewayRecord,
    Kind,
    SensorRecord,
)
from .base import WardenActor
from .directory import fallback_serial
from .events import Answered, Asked, ForDevice, Tick
from .messages import Counters, GetCounters, GetDevice, ListDevices, MarkDevice, RelabelDevice, Unknown
from .record_events import (
    BacklogChanged,
    DeviceChanged,
    Flush,
    IdentityEvent,
    ListSiteDevices,
    MessagesCounted,
    RecordsChanged,
    SiteDevices,
    SiteForgotten,
    StateChanged,
)

RECORD_TYPES: dict[Kind, type[DeviceRecord]] = {
    Kind.GATEWAY: GatewayRecord,
    Kind.DATALOGGER: DataloggerRecord,
    Kind.SENSOR: SensorRecord,
}


@dataclass(frozen=True, slots=True)
class OpenBoard:
    """The board's first message. `started_at` is in epoch seconds."""

    recorder: ActorAddress
    supervisor: ActorAddress
    started_at: float


class BoardActor(WardenActor):
    """Every device that has an id, by kind and id. Records are immutable: an answer costs a pointer each.

    A device that the database does not know yet is shown to nobody; it is kept for the database, and for its actor.
    """

    def receiveMessage(self, message: object, sender: ActorAddress) -> None:
        match message:
            case DeviceChanged(record=record):
                self.take(record)
            case MessagesCounted(outcomes=outcomes):
                self.outcomes.update(outcomes)
            case StateChanged(state=state):
                self.states[state.site_id] = state
                self.send(self.recorder, message)
            case BacklogChanged():
                self.backlog = message
            case Asked(id=id, question=question, reply_to=reply_to):
                self.send(reply_to, Answered(id, self.answer(question)))
            case Tick():
                pass
            case Flush():
                self.hand_on()
            case RelabelDevice(label=label):
                self.decide(message, {"label": label})
            case MarkDevice(is_deleted=is_deleted):
                self.decide(message, {"is_deleted": is_deleted})
            case ListSiteDevices(site_id=site_id):
                self.send(sender, SiteDevices(site_id, self.of_site(site_id)))
            case SiteForgotten(site_id=site_id):
                self.forget(site_id)
            case OpenBoard():
                self.open(message)
            case _:
                super().receiveMessage(message, sender)

    def open(self, message: OpenBoard) -> None:
        self.recorder = message.recorder
        self.supervisor = message.supervisor
        self.started_at = message.started_at
        self.devices: dict[type, dict[int, DeviceRecord]] = {kind: {} for kind in RECORD_TYPES.values()}
        self.changed: dict[type, dict[int, DeviceRecord]] = {kind: {} for kind in RECORD_TYPES.values()}
        self.unstored: dict[DeviceKey, DeviceRecord] = {}
        self.changed_unstored: set[DeviceKey] = set()
        self.serials: dict[tuple[type, str], dict[int, int]] = {}  # site by id of the device, for each serial
        self.states: dict[int, ConnectionState] = {}
        self.outcomes: Counter[str] = Counter()
        self.backlog = BacklogChanged(0, 0, "")

    def take(self, record: DeviceRecord) -> None:
        kind, id = type(record), record.id
        if id is None:
            self.unstored[record.key] = record
            self.changed_unstored.add(record.key)
            return
        devices = self.devices[kind]
        known = devices.get(id)
        devices[id] = self.changed[kind][id] = record
        if known is None:
            self.unstored.pop(record.key, None)
            self.changed_unstored.discard(record.key)
        if kind is not SensorRecord and (known is None or known.serial_number != record.serial_number):
            self.watch_serial(known, record)

    def watch_serial(self, known: DeviceRecord | None, record: DeviceRecord) -> None:
        """Tell when one serial is met on two sites: somebody moved a device, or copied its configuration."""
        if known is not None:
            self.release_serial(known)
        if record.serial_number == fallback_serial(record.slot):
            return
        owners = self.serials.setdefault((type(record), record.serial_number), {})
        others = sorted({site_id for site_id in owners.values() if site_id != record.site_id})
        owners[record.id or 0] = record.site_id
        if others:
            at = getattr(record, "last_communication", None) or record.first_seen_at
            message = f"serial {record.serial_number} is also on site {', '.join(map(str, others))}; nothing was moved"
            event = DeviceEventRecord(record.site_id, at, "serial_conflict", record.slot, message)
            self.send(self.recorder, IdentityEvent(event))

    def release_serial(self, record: DeviceRecord) -> None:
        owners = self.serials.get((type(record), record.serial_number), {})
        owners.pop(record.id or 0, None)
        if not owners:
            self.serials.pop((type(record), record.serial_number), None)

    def decide(self, decision: RelabelDevice | MarkDevice, change: dict[str, Any]) -> None:
        """Show a person's decision at once, and tell the device."""
        record = self.devices[RECORD_TYPES[decision.kind]].get(decision.id)
        if record is not None:
            self.take(record._replace(**change))
            self.send(self.supervisor, ForDevice(record.key, decision))

    def hand_on(self) -> None:
        records = [record for changed in self.changed.values() for record in changed.values()]
        records += [self.unstored[key] for key in self.changed_unstored]
        if records:
            self.changed = {kind: {} for kind in self.changed}
            self.changed_unstored.clear()
            self.send(self.recorder, RecordsChanged(tuple(records)))

    def of_site(self, site_id: int) -> tuple[DeviceRecord, ...]:
        """Every device of a site, also those that have no id yet."""
        stored = (record for devices in self.devices.values() for record in devices.values())
        return tuple(record for record in (*stored, *self.unstored.values()) if record.site_id == site_id)

    def forget(self, site_id: int) -> None:
        for record in self.of_site(site_id):
            if record.id is None:
                del self.unstored[record.key]
                self.changed_unstored.discard(record.key)
                continue
            self.devices[type(record)].pop(record.id)
            self.changed[type(record)].pop(record.id, None)
            self.release_serial(record)
        self.states.pop(site_id, None)

    def answer(self, question: object) -> object:
        match question:
            case GetDevice(kind=kind, id=id):
                return self.devices[RECORD_TYPES[kind]].get(id) or Unknown(f"{kind} {id}")
            case ListDevices():
                return self.list(question)
            case GetCounters():
                return self.count()
        return Unknown(f"the answer to {type(question).__name__}")

    def list(self, question: ListDevices) -> tuple[DeviceRecord, ...]:
        records = self.devices[RECORD_TYPES[question.kind]].values()
        if question.datalogger_id is not None:
            logger = self.devices[DataloggerRecord].get(question.datalogger_id)
            if logger is None:
                return ()
            place = logger.site_id, logger.slot
            return tuple(record for record in records if (record.site_id, record.slot) == place)
        if question.site_id is not None:
            return tuple(record for record in records if record.site_id == question.site_id)
        return tuple(records)

    def count(self) -> Counters:
        return Counters(
            started_at=self.started_at,
            messages=sum(self.outcomes.values()),
            messages_by_outcome=dict(self.outcomes),
            states=dict(Counter(str(state.status) for state in self.states.values())),
            devices={str(kind): len(self.devices[record_type]) for kind, record_type in RECORD_TYPES.items()},
            unwritten=self.backlog.unwritten,
            dropped=self.backlog.dropped,
            database_error=self.backlog.error,
            is_spooled=self.backlog.is_spooled,
            spool_error=self.backlog.spool_error,
        )
