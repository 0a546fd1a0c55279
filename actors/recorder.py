"""Write-behind: gathers what changed and hands it to the store's writer, one batch at a time (rows F3, F4, C10)."""

import logging
from dataclasses import dataclass

from thespian.actors import ActorAddress

from ..config.settings import HistorySection
from ..store.records import Batch, BatchWritten, DeviceKey, DiscoveredTopicRecord
from ..store.writer import Writer
from .backlog import Backlog
from .base import WardenActor
from .commits import Commits
from .events import Tick
from .messages import Now
from .record_events import (
    BacklogChanged,
    BatchDone,
    BatchFailed,
    Committed,
    DeliveriesChanged,
    DeviceDiscovered,
    DeviceStored,
    Flush,
    GapFound,
    IdentityEvent,
    MessageRefused,
    RecordsChanged,
    SpoolDone,
    StateChanged,
    TopicsChanged,
    TopicStored,
)
from .spooling import SPOOL_AFTER, Receipts, Spooling

log = logging.getLogger("sitewarden.store")
parsing_log = logging.getLogger("sitewarden.parsing")

SECONDS_OF_A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class OpenRecorder:
    """The recorder's first message."""

    writer: Writer
    spooling: Spooling
    commits: Commits
    board: ActorAddress
    history: HistorySection


class RecorderActor(WardenActor):
    """Keeps what waits for the database, and writes it when it is told that all is handed on (`Flush`).

    While a batch is being written more gathers, so that a slow database gets fewer and larger ones.
    """

    def receiveMessage(self, message: object, sender: ActorAddress) -> None:
        match message:
            case RecordsChanged(records=records):
                self.backlog.add_devices(records)
            case TopicsChanged(records=records):
                self.backlog.add_topics(records)
                self.await_ids(records, sender)
            case DeliveriesChanged(site_id=site_id, records=records, number=number):
                self.backlog.add_deliveries(records)
                if number:
                    self.receipts[site_id] = (sender, number)
            case DeviceDiscovered(record=record):
                self.backlog.add_devices([record])
                self.waiting[record.key] = sender
                self.commits.want()
            case StateChanged(state=state, entry=entry):
                self.backlog.add_state(state)
                if entry is not None:
                    self.backlog.add_connection_log(entry)
                    self.commits.want()
            case MessageRefused(record=record):
                self.backlog.add_fault(record)
            case IdentityEvent(record=record):
                self.backlog.add_event(record)
                self.commits.want()
            case GapFound(record=record):
                self.backlog.add_gap(record)
                self.commits.want()
            case Flush(now=now):
                self.now = now.monotonic
                self.keep()
            case BatchDone():
                self.take_written(message)
            case BatchFailed():
                self.take_failure(message)
            case SpoolDone(error=error):
                self.take_spooled(error)
            case Tick(now=now):
                self.now = now.monotonic
                self.commits.is_spool_wanted = self.is_spool_due()
                self.tell_backlog()
                self.prune_if_due(now)
            case OpenRecorder():
                self.open(message)
            case _:
                super().receiveMessage(message, sender)

    def open(self, message: OpenRecorder) -> None:
        self.writer = message.writer
        self.spooling = message.spooling
        self.commits = message.commits
        self.board = message.board
        self.history = message.history
        self.prune_at = 0.0
        self.backlog = Backlog()
        self.receipts: Receipts = {}  # of messages whose changes are in the backlog
        self.waiting: dict[DeviceKey, ActorAddress] = {}
        self.waiting_topics: dict[tuple[int, str], ActorAddress] = {}
        self.in_flight: Batch | None = None
        self.in_flight_receipts: Receipts = {}
        self.in_flight_since = 0.0
        self.is_last_spooling = False
        self.now = 0.0
        self.error = ""

    def await_ids(self, records: tuple[DiscoveredTopicRecord, ...], sender: ActorAddress) -> None:
        for record in records:
            if record.id is None:
                self.waiting_topics[record.site_id, record.topic_path] = sender
                self.commits.want()

    def keep(self) -> None:
        """Write what waits; while the database takes nothing, keep it in the spool."""
        if self.commits.may_write(self.now):
            if len(self.backlog) or self.spooling.is_in_use:
                self.write()
        elif self.is_spool_due():
            self.is_last_spooling = self.commits.is_stopping
            self.spooling.save(self.backlog, self.in_flight, self.in_flight_receipts | self.receipts, self.now)
            self.commits.is_spool_wanted = False

    def write(self) -> None:
        self.in_flight = self.backlog.batch(self.spooling.superseded)
        self.in_flight_receipts, self.receipts = self.receipts, {}
        self.in_flight_since = self.now
        self.backlog = Backlog(self.backlog.dropped)
        self.commits.begin()
        self.writer.submit(self.in_flight)
        self.tell_backlog()

    def take_written(self, done: BatchDone) -> None:
        self.in_flight = None
        self.commits.end()
        if self.error:
            log.warning("the database takes what we write again")
            self.error = ""
        self.spooling.written(done.batch)
        if self.spooling.is_in_use:
            self.commits.want()
        self.tell_ids(done.written)
        self.tell_committed(self.in_flight_receipts)
        self.in_flight_receipts = {}
        for record, reason in done.written.refused:
            log.error("the database refused a record: %s: %s", reason, record)
        log_faults(done.batch)
        self.tell_backlog()

    def tell_ids(self, written: BatchWritten) -> None:
        for key, id in written.device_ids.items():
            device = self.waiting.pop(key, None)
            if device is not None:
                self.send(device, DeviceStored(id))
        for place, id in written.topic_ids.items():
            site = self.waiting_topics.pop(place, None)
            if site is not None:
                self.send(site, TopicStored(place[1], id))

    def tell_committed(self, receipts: Receipts) -> None:
        for site, number in receipts.values():
            self.send(site, Committed(number))

    def take_failure(self, failed: BatchFailed) -> None:
        if not self.error:
            log.error(
                "the database does not take what we write; it waits in memory, soon in the spool: %s", failed.reason
            )
        self.error = failed.reason
        self.in_flight = None
        self.receipts = self.in_flight_receipts | self.receipts
        self.in_flight_receipts = {}
        self.backlog.put_back(failed.batch)
        self.commits.fail(self.now)
        self.tell_backlog()

    def is_spool_due(self) -> bool:
        """Whether messages wait for their acknowledgement, or we for our end, because of the database."""
        is_slow = self.in_flight is not None and self.now - self.in_flight_since >= SPOOL_AFTER
        if not (is_slow or self.error) or not self.spooling.is_due(self.now):
            return False
        is_new = self.commits.waiting_since is not None or self.commits.is_stopping
        return is_new or bool(self.receipts or self.in_flight_receipts)

    def take_spooled(self, error: str) -> None:
        if error and not self.spooling.error:
            log.error("nor does the spool take it: messages wait at their brokers for their acknowledgement: %s", error)
        kept = self.spooling.saved(error, self.now)
        self.commits.is_all_spooled = self.is_last_spooling and not error
        self.tell_committed(kept)
        self.receipts = without(self.receipts, kept)
        self.in_flight_receipts = without(self.in_flight_receipts, kept)
        self.tell_backlog()

    def prune_if_due(self, now: Now) -> None:
        """Have what is too old of the logs deleted (row F7), by the writer: never beside a batch."""
        if now.monotonic >= self.prune_at and self.commits.may_write(now.monotonic):
            self.prune_at = now.monotonic + self.history.prune_interval
            self.writer.prune(now.epoch, self.history.keep_days * SECONDS_OF_A_DAY, self.history.most_rows)

    def tell_backlog(self) -> None:
        in_flight = 0 if self.in_flight is None else count(self.in_flight)
        error = self.error
        slow = self.now - self.in_flight_since
        if not error and in_flight and slow >= SPOOL_AFTER:
            error = f"the database has been at work on a batch for {slow:.0f} s"
        unwritten = len(self.backlog) + in_flight
        self.send(
            self.board,
            BacklogChanged(unwritten, self.backlog.dropped, error, self.spooling.is_saved, self.spooling.error),
        )


def without(receipts: Receipts, kept: Receipts) -> Receipts:
    """Leave out those that are acknowledged already. An actor begun anew counts its messages anew."""
    left = {}
    for id, (site, number) in receipts.items():
        kept_site, kept_number = kept.get(id, (site, 0))
        if site != kept_site or number > kept_number:
            left[id] = (site, number)
    return left


def count(batch: Batch) -> int:
    """How many records a batch holds."""
    return sum(len(records) for records in batch if isinstance(records, tuple))


def log_faults(batch: Batch) -> None:
    """Write the faults that are now in the database to the log of parsing too, folded as they are there."""
    for fault in batch.parsing_logs:
        what = f"{fault.error_type}: {fault.message}"
        parsing_log.warning("site %d: %s: %s (%d times)", fault.site_id, fault.topic, what, fault.count)
