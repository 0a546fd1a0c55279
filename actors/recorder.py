"""Write-behind: gathers what changed and hands it to the store's writer, one batch at a time (rows F3, F4)."""

import logging
from dataclasses import dataclass

from thespian.actors import ActorAddress

from ..store.records import Batch, BatchWritten, DeviceKey, DiscoveredTopicRecord
from ..store.writer import Writer
from .backlog import Backlog
from .base import WardenActor
from .device_events import (
    BacklogChanged,
    BatchDone,
    BatchFailed,
    DeviceDiscovered,
    DeviceStored,
    Flush,
    IdentityEvent,
    MessageRefused,
    RecordsChanged,
    StateChanged,
    TopicsChanged,
    TopicStored,
)
from .events import Tick

log = logging.getLogger("sitewarden.store")
parsing_log = logging.getLogger("sitewarden.parsing")

# After the database has refused a batch it is left in peace for this long (seconds).
RETRY_AFTER = 1.0


@dataclass(frozen=True, slots=True)
class OpenRecorder:
    """The recorder's first message."""

    writer: Writer
    board: ActorAddress
    persist_interval: float


class RecorderActor(WardenActor):
    """Keeps what waits for the database. A discovery or a change of state is written at once, the rest at intervals.

    While a batch is being written more gathers, so that a slow database gets fewer and larger ones.
    """

    is_urgent: bool

    def receiveMessage(self, message: object, sender: ActorAddress) -> None:
        match message:
            case RecordsChanged(records=records):
                self.backlog.add_devices(records)
            case TopicsChanged(records=records):
                self.backlog.add_topics(records)
                self.await_ids(records, sender)
            case DeviceDiscovered(record=record):
                self.backlog.add_devices([record])
                self.waiting[record.key] = sender
                self.is_urgent = True
            case StateChanged(state=state, entry=entry):
                self.backlog.add_state(state)
                if entry is not None:
                    self.backlog.add_connection_log(entry)
                    self.is_urgent = True
            case MessageRefused(record=record):
                self.backlog.add_fault(record)
            case IdentityEvent(record=record):
                self.backlog.add_event(record)
                self.is_urgent = True
            case BatchDone():
                self.take_written(message.written)
                log_faults(message.batch)
            case BatchFailed():
                self.take_failure(message)
            case Tick(now=now):
                self.now = now.monotonic
                self.write_if_due()
            case Flush():
                self.is_urgent = True
                self.retry_at = 0.0
                self.write_if_due()
            case OpenRecorder():
                self.open(message)
            case _:
                super().receiveMessage(message, sender)

    def open(self, message: OpenRecorder) -> None:
        self.writer = message.writer
        self.board = message.board
        self.persist_interval = message.persist_interval
        self.backlog = Backlog()
        self.waiting: dict[DeviceKey, ActorAddress] = {}
        self.waiting_topics: dict[tuple[int, str], ActorAddress] = {}
        self.in_flight = 0
        self.is_urgent = False
        self.now = 0.0
        self.due_at = 0.0
        self.retry_at = 0.0
        self.error = ""

    def await_ids(self, records: tuple[DiscoveredTopicRecord, ...], sender: ActorAddress) -> None:
        for record in records:
            if record.id is None:
                self.waiting_topics[record.site_id, record.topic_path] = sender
                self.is_urgent = True

    def write_if_due(self) -> None:
        is_due = self.is_urgent or self.now >= self.due_at
        if is_due and self.in_flight == 0 and len(self.backlog) and self.now >= self.retry_at:
            self.in_flight = len(self.backlog)
            self.is_urgent = False
            self.due_at = self.now + self.persist_interval
            batch = self.backlog.batch()
            self.backlog = Backlog(self.backlog.dropped)
            self.writer.submit(batch)
        self.tell_backlog()

    def take_written(self, written: BatchWritten) -> None:
        self.in_flight = 0
        if self.error:
            log.warning("the database takes what we write again")
            self.error = ""
        for key, id in written.device_ids.items():
            device = self.waiting.pop(key, None)
            if device is not None:
                self.send(device, DeviceStored(id))
        for place, id in written.topic_ids.items():
            site = self.waiting_topics.pop(place, None)
            if site is not None:
                self.send(site, TopicStored(place[1], id))
        for record, reason in written.refused:
            log.error("the database refused a record: %s: %s", reason, record)
        self.write_if_due()

    def take_failure(self, failed: BatchFailed) -> None:
        self.in_flight = 0
        if not self.error:
            log.error("the database does not take what we write; it waits in memory: %s", failed.reason)
        self.error = failed.reason
        self.backlog.put_back(failed.batch)
        self.is_urgent = True
        self.retry_at = self.now + RETRY_AFTER
        self.tell_backlog()

    def tell_backlog(self) -> None:
        told = BacklogChanged(len(self.backlog) + self.in_flight, self.backlog.dropped, self.error)
        self.send(self.board, told)


def log_faults(batch: Batch) -> None:
    """Write the faults that are now in the database to the log of parsing too, folded as they are there."""
    for fault in batch.parsing_logs:
        what = f"{fault.error_type}: {fault.message}"
        parsing_log.warning("site %d: %s: %s (%d times)", fault.site_id, fault.topic, what, fault.count)
