"""The thread that writes batches, so that no actor ever waits for the database."""

import queue
import threading
import time
from collections.abc import Callable

from .errors import StoreUnavailable, WriterFull
from .records import Batch, BatchWritten
from .store import Store

# The recorder keeps one batch in flight; a second may follow it when it stops. More would only hide that the
# database cannot keep up.
QUEUE_SIZE = 4


class Writer:
    """Writes batches in their order and reports what came of each.

    `report` is called in the writer's thread, once for every batch that was taken, with what was written or with why
    nothing was. It must not block and must not raise.
    """

    def __init__(self, store: Store, report: Callable[[Batch, BatchWritten | StoreUnavailable], None]) -> None:
        self.store = store
        self.report = report
        # None is the end: what was submitted before it is still written.
        self.batches: queue.Queue[Batch | None] = queue.Queue(QUEUE_SIZE)
        self.is_stopping = False
        self.thread = threading.Thread(target=self.run, name="store-writer")

    def start(self) -> None:
        self.thread.start()

    def submit(self, batch: Batch) -> None:
        """Hand over a batch and return at once; raises `WriterFull`."""
        if self.is_stopping:
            raise WriterFull("the writer is stopping and takes no more batches")
        try:
            self.batches.put_nowait(batch)
        except queue.Full as error:
            raise WriterFull(f"{QUEUE_SIZE} batches wait for the database already") from error

    def stop(self, timeout_seconds: float) -> bool:
        """Write what was submitted and end; return whether all of it was reported in time."""
        deadline = time.monotonic() + timeout_seconds
        try:
            if not self.is_stopping:
                self.batches.put(None, timeout=timeout_seconds)
                self.is_stopping = True
        except queue.Full:
            return False
        self.thread.join(max(0.0, deadline - time.monotonic()))
        return not self.thread.is_alive()

    def run(self) -> None:
        while (batch := self.batches.get()) is not None:
            self.report(batch, self.write(batch))

    def write(self, batch: Batch) -> BatchWritten | StoreUnavailable:
        try:
            return self.store.write(batch)
        except StoreUnavailable as unavailable:
            return unavailable
        # Whatever it is, a writer that died of it would silently end all persistence: reported, it shows in the
        # health and is tried again.
        except Exception as error:  # noqa: BLE001
            return StoreUnavailable(f"the batch could not be written: {type(error).__name__}: {error}")
