"""The thread that writes batches, so that no actor ever waits for the database."""

import logging
import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

from .errors import StoreUnavailable, WriterFull
from .records import Batch, BatchWritten
from .store import Store

# The recorder keeps one batch in flight, and the pruning of logs stands between batches. More would only hide that the
# database cannot keep up.
QUEUE_SIZE = 4

R = TypeVar("R")

log = logging.getLogger("sitewarden.store")


class Writer:
    """Writes batches in their order and reports what came of each; between them it prunes the logs.

    `report` is called in the writer's thread, once for every batch that was taken, with what was written or with why
    nothing was. It must not block and must not raise.
    """

    def __init__(self, store: Store, report: Callable[[Batch, BatchWritten | StoreUnavailable], None]) -> None:
        self.store = store
        self.report = report
        # None is the end: what was submitted before it is still written.
        self.jobs: queue.Queue[Callable[[], None] | None] = queue.Queue(QUEUE_SIZE)
        self.is_stopping = False
        self.thread = threading.Thread(target=self.run, name="store-writer")

    def start(self) -> None:
        self.thread.start()

    def submit(self, batch: Batch) -> None:
        """Hand over a batch and return at once; raises `WriterFull`."""
        self.put(partial(self.write, batch))

    def prune(self, now: float, oldest_age: float, most_rows: int) -> None:
        """Have the logs pruned as in `Store.prune`, and return at once; raises `WriterFull`."""
        self.put(partial(self.prune_some, now, oldest_age, most_rows))

    def stop(self, timeout_seconds: float) -> bool:
        """Write what was submitted and end; return whether all of it was reported in time."""
        deadline = time.monotonic() + timeout_seconds
        try:
            if not self.is_stopping:
                self.jobs.put(None, timeout=timeout_seconds)
                self.is_stopping = True
        except queue.Full:
            return False
        self.thread.join(max(0.0, deadline - time.monotonic()))
        return not self.thread.is_alive()

    def put(self, job: Callable[[], None]) -> None:
        if self.is_stopping:
            raise WriterFull("the writer is stopping and takes no more batches")
        try:
            self.jobs.put_nowait(job)
        except queue.Full as error:
            raise WriterFull(f"{QUEUE_SIZE} batches wait for the database already") from error

    def run(self) -> None:
        while (job := self.jobs.get()) is not None:
            job()

    def write(self, batch: Batch) -> None:
        self.report(batch, attempt(lambda: self.store.write(batch)))

    def prune_some(self, now: float, oldest_age: float, most_rows: int, rows_before: int = 0) -> None:
        """Prune for one short transaction a log; if that is not all, queue up again behind the batches that wait."""
        done = attempt(lambda: self.store.prune(now, oldest_age, most_rows))
        if isinstance(done, StoreUnavailable):
            log.warning("the logs are not pruned: %s", done)
            return
        rows = rows_before + done.rows
        if not done.is_complete:
            with suppress(WriterFull):  # the next time goes on where this one ends
                self.put(partial(self.prune_some, now, oldest_age, most_rows, rows))
                return
        if rows:
            log.info("pruned %d lines of the logs", rows)


def attempt(work: Callable[[], R]) -> R | StoreUnavailable:
    """Return what work returns, or why there is nothing.

    Whatever goes wrong: a writer's thread that died of it would silently end all persistence. Reported, it shows in
    the health and is tried again.
    """
    try:
        return work()
    except StoreUnavailable as unavailable:
        return unavailable
    except Exception as error:  # noqa: BLE001
        return StoreUnavailable(f"unexpectedly {type(error).__name__}: {error}")
