"""The actor thread: one thread for sockets, clocks and actors.

It waits in `select` on every broker socket, on the inbox's bell and until the next tick. What is ready it reads, a
bounded number of packets per site; what came it tells the tree, and lets the tree run until nothing is queued.
Whatever may block (dialling, the database) runs elsewhere and comes back as a message.
"""

import logging
import math
import random
import selectors
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import cast

from ..config.settings import Settings
from ..store.errors import StoreError
from ..store.records import Batch, BatchWritten
from ..store.spool import Spool, SpoolWriter, restore
from ..store.store import Store
from ..store.writer import Writer
from .board import BoardActor, OpenBoard
from .commits import Commits
from .door import Ask, DoorActor, OpenDoor
from .errors import AskTimeout, RuntimeStopped
from .events import CloseLink, OpenSupervisor, Tick
from .inbox import Inbox
from .messages import Counters, GetCounters, Now
from .parsing.registry import Registry
from .parts import Parts
from .poller import Poller
from .record_events import BatchDone, BatchFailed, Flush, SpoolDone
from .recorder import OpenRecorder, RecorderActor
from .spooling import Spooling
from .supervisor import SupervisorActor
from .systembase import LocalSystem
from .workers import Dialler, Readers

log = logging.getLogger("sitewarden.actors")

# How exact a planned retry is. Ten ticks a second cost an idle process nothing that can be measured.
TICK_SECONDS = 0.1

# An orderly stop has 10 seconds in all (row B12). The database may keep one attempt waiting for five of them; what is
# over is for the goodbyes, and for an attempt that was under way already.
FLUSH_SECONDS = 5.5
GOODBYE_SECONDS = 2.0
STOP_SECONDS = 9.0
LEAST_WRITER_SECONDS = 1.0

# In the data directory: what the database did not take, for it to be written at the next start. Of this database: it is
# named after the installation.
SPOOL_NAME = "{installation}.spool"


def read_clocks() -> Now:
    return Now(time.time(), time.monotonic())


class Runtime:
    """The actors of one installation. `start` and `stop` once; `ask` and `tell` from any other thread."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        registry: Registry | None = None,
        clock: Callable[[], Now] = read_clocks,
        uniform: Callable[[float, float], float] = random.uniform,
        on_failure: Callable[[Exception], None] | None = None,
    ) -> None:
        """`on_failure` is called in the actor thread if the runtime ends of a failure that nobody could mend."""
        self.settings = settings
        self.store = store
        self.registry = registry
        self.clock = clock
        self.uniform = uniform
        self.on_failure = on_failure
        self.thread = threading.Thread(target=self.run, name="sitewarden-actors")
        self.is_running = False
        self.stop_asked = threading.Event()
        self.stop_by = math.inf

    # Any thread

    def start(self) -> None:
        """Make the tree and start the actor thread. Links are dialled from there; this does not wait for them.

        Raises `StoreError` if the database does not take what an earlier process left for it, or does not give the
        installation's id.
        """
        now = self.clock()
        installation = self.store.installation_id()
        spool = Spool(self.settings.data_dir / SPOOL_NAME.format(installation=installation))
        restore(self.store, spool)
        self.selector = selectors.DefaultSelector()
        self.inbox = Inbox(self.selector)
        self.poller = Poller(self.selector, self.settings.mqtt.read_batch)
        self.dials = Dialler(self.inbox.put)
        self.reads = Readers(self.inbox.put)
        self.writer = Writer(self.store, self.report_batch)
        self.spool_writer = SpoolWriter(spool, self.report_spool)
        self.commits = Commits(self.settings.persist.interval, self.settings.persist.ack_delay)
        self.system = LocalSystem()
        self.supervisor = self.system.createActor(SupervisorActor)
        self.board = self.system.createActor(BoardActor)
        self.recorder = self.system.createActor(RecorderActor)
        self.door = self.system.createActor(DoorActor)
        self.ticked = [self.supervisor, self.board, self.recorder, self.door]
        parts = Parts(
            settings=self.settings,
            store=self.store,
            installation=installation,
            registry=self.registry or Registry.installed(),
            poller=self.poller,
            commits=self.commits,
            dials=self.dials,
            reads=self.reads,
            tell=self.system.base.tell,
            uniform=self.uniform,
            board=self.board,
            recorder=self.recorder,
        )
        tell = self.system.base.tell
        spooling = Spooling(self.spool_writer, self.store.spool_number())
        tell(self.recorder, OpenRecorder(self.writer, spooling, self.commits, self.board, self.settings.history))
        tell(self.board, OpenBoard(self.recorder, self.supervisor, now.epoch))
        tell(self.door, OpenDoor(self.board, self.supervisor))
        tell(self.supervisor, OpenSupervisor(parts, now))
        self.writer.start()
        self.spool_writer.start()
        self.is_running = True
        self.thread.start()

    def stop(self) -> None:
        """Take no more messages, write what is known, say goodbye, write how it ended, end. Within 10 seconds."""
        if self.is_running:
            self.stop_asked.set()
            self.inbox.ring()
        if self.thread.is_alive():  # also after a failure: the last batch may still be on its way
            self.thread.join()

    def tell(self, command: object) -> None:
        """Give a command; it is carried out soon. Raises `RuntimeStopped`."""
        if not self.is_running:
            raise RuntimeStopped("the actors are not running")
        self.inbox.put(self.door, command)

    def ask(self, question: object, timeout: float) -> object:
        """Give the answer to a question, waiting at most `timeout` seconds. Raises `ActorsUnavailable`."""
        if threading.current_thread() is self.thread:
            raise RuntimeError("the actor thread cannot wait for itself")
        future: Future[object] = Future()
        self.tell(Ask(question, future))
        try:
            return future.result(timeout)
        except FutureTimeout as error:
            future.cancel()
            raise AskTimeout(f"no answer to {type(question).__name__} within {timeout:g} s") from error
        except CancelledError as error:
            raise RuntimeStopped("the actors stopped before they answered") from error

    def report_batch(self, batch: Batch, outcome: BatchWritten | StoreError) -> None:
        """Take the writer's word, in the writer's thread."""
        if isinstance(outcome, BatchWritten):
            self.inbox.put(self.recorder, BatchDone(batch, outcome))
        else:
            self.inbox.put(self.recorder, BatchFailed(batch, str(outcome)))

    def report_spool(self, _batch: Batch, failure: StoreError | None) -> None:
        """Take the spool's word, in its writer's thread."""
        self.inbox.put(self.recorder, SpoolDone("" if failure is None else str(failure)))

    # The actor thread

    def run(self) -> None:
        try:
            next_tick = 0.0
            while not self.stop_asked.is_set():
                next_tick = self.turn(next_tick)
            self.wind_down()
        except Exception as error:
            log.critical("the actors have stopped", exc_info=True)
            if self.on_failure is not None:
                self.on_failure(error)
        finally:
            self.close()

    def turn(self, next_tick: float) -> float:
        """Wait for something to do and do it; gives when the next tick is due."""
        wait = 0.0 if self.poller.hungry or self.inbox.messages else max(0.0, next_tick - self.clock().monotonic)
        ready = self.selector.select(wait)
        now = self.clock()
        sessions = []
        for key, events in ready:
            if key.data is self.inbox:
                self.inbox.silence()
            else:
                sessions.append((key.data, events))
        self.poller.handle(sessions, now)
        self.empty_inbox()
        if now.monotonic >= next_tick:
            next_tick = now.monotonic + TICK_SECONDS
            self.poller.tick(now)
            for actor in self.ticked:
                self.system.base.tell(actor, Tick(now))
        self.system.run()
        if self.commits.is_due(now.monotonic):
            self.flush(now)
        if self.system.base.fatal is not None:
            raise self.system.base.fatal
        return next_tick

    def empty_inbox(self) -> None:
        # What is put in meanwhile has its turn after this one: the bell rings for it.
        for _ in range(len(self.inbox.messages)):
            self.system.base.tell(*self.inbox.messages.popleft())

    def wind_down(self) -> None:
        """Stop in the order that loses nothing: what was received is written before anybody is told goodbye."""
        now = self.clock().monotonic
        self.stop_by = now + STOP_SECONDS
        self.poller.stop_reading()
        self.commits.hurry()
        self.flush(self.clock())
        is_written = self.turn_until(self.is_kept, now + FLUSH_SECONDS) and self.is_written()
        if not is_written:
            self.tell_unwritten()
            # No further attempt: it would not end in time.
            self.ticked.remove(self.recorder)
        self.system.base.tell(self.supervisor, CloseLink(self.clock()))
        self.turn_until(lambda: not self.poller.sessions, self.clock().monotonic + GOODBYE_SECONDS)
        if is_written:
            self.turn_until(self.is_written, self.stop_by)

    def tell_unwritten(self) -> None:
        counters = self.counters()
        if counters.is_spooled:
            log.warning("stopping: what the database does not take is in the spool, and is written at the next start")
        else:
            log.error("stopping: the database does not take the last %d changes: they are lost", counters.unwritten)

    def flush(self, now: Now) -> None:
        """Have everything that waits handed to the writer; each actor passes on what it has before the next does."""
        self.commits.handed_on(now.monotonic)
        for actor in (self.supervisor, self.board, self.recorder):
            self.system.base.tell(actor, Flush(now))
            self.system.run()

    def turn_until(self, is_done: Callable[[], bool], deadline: float) -> bool:
        """Go on until something is done, or the deadline has passed; whether it is done."""
        next_tick = 0.0
        while not is_done():
            if self.clock().monotonic >= deadline:
                return False
            next_tick = self.turn(next_tick)
        return True

    def is_kept(self) -> bool:
        """Whether nothing more can be done for what was received: it is in the database, or in the spool."""
        return self.commits.is_all_spooled or self.is_written()

    def is_written(self) -> bool:
        return self.counters().unwritten == 0

    def counters(self) -> Counters:
        answer: Future[object] = Future()
        self.system.base.tell(self.door, Ask(GetCounters(), answer))
        self.system.run()
        return cast(Counters, answer.result(0))

    def close(self) -> None:
        """Close what `start` opened, in the reverse order."""
        self.is_running = False
        # Whoever put a question into the inbox too late gets an answer all the same.
        while self.inbox.messages:
            _, message = self.inbox.messages.popleft()
            if isinstance(message, Ask):
                message.future.cancel()
        self.spool_writer.stop(LEAST_WRITER_SECONDS)
        self.writer.stop(min(STOP_SECONDS, max(LEAST_WRITER_SECONDS, self.stop_by - self.clock().monotonic)))
        # Whoever stopped us closes the store next: SQLite crashes the process if a thread still reads then.
        self.reads.stop()
        for session in list(self.poller.sessions):
            session.drop(None)
            self.poller.remove(session)
        self.system.shutdown()
        self.inbox.close()
        self.selector.close()
