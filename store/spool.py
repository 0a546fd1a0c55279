"""The spool: a file for what the database does not take, so that it outlives our process (rows C10 and F4)."""

import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from .errors import StoreUnavailable, WriterFull
from .private_files import make_directory, private
from .records import Batch
from .spool_lines import Damaged, batch_of, lines_of
from .store import Store
from .writer import attempt

log = logging.getLogger("sitewarden.store")


class Spool:
    """A file that holds one batch, or none: all that waits, whole each time.

    Put the installation's id in its name, so that what one database did not take is never written to another.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.unfinished = file.with_name(f"{file.name}.unfinished")
        self.damaged = file.with_name(f"{file.name}.damaged")

    def save(self, batch: Batch) -> None:
        """Keep a batch in place of the one before; it is on the disk when this returns.

        Raises `StoreUnavailable`; the one before is kept then.
        """
        try:
            make_directory(self.file.parent)
            self.unfinished.unlink(missing_ok=True)  # of a process that was killed
            with open(self.unfinished, "x", encoding="ascii", opener=private) as lines:
                lines.writelines(lines_of(batch))
                lines.flush()
                os.fsync(lines.fileno())
            os.replace(self.unfinished, self.file)
            fsync_directory(self.file.parent)
        except OSError as error:
            with suppress(OSError):
                self.unfinished.unlink(missing_ok=True)  # it may be what fills the disk
            raise unavailable(self.file, error) from error

    def load(self) -> Batch | None:
        """Return what is kept, or None. What cannot be read is moved aside and logged: it must not stop a start."""
        try:
            with open(self.file, encoding="ascii") as lines:
                return batch_of(lines)
        except FileNotFoundError:
            return None
        except (Damaged, OSError) as error:
            log.error("the spool cannot be read and is moved to %s: %s", self.damaged, error)
        try:
            os.replace(self.file, self.damaged)
        except OSError as error:
            log.error("%s cannot be moved aside: %s", self.file, error.strerror)
        return None

    def clear(self) -> None:
        """Forget what is kept. Raises `StoreUnavailable`."""
        # Not forced on to the disk: should the file be there again after a power cut, its number says that it is old.
        try:
            self.file.unlink(missing_ok=True)
        except OSError as error:
            raise unavailable(self.file, error) from error


def restore(store: Store, spool: Spool) -> None:
    """Write to the database what a process before us could not; at the start, before anything else is written.

    Raises `StoreUnavailable`; the spool is kept then.
    """
    batch = spool.load()
    if batch is None:
        return
    if batch.spool_number > store.spool_number():
        written = store.write(batch)
        log.warning("what the database had not taken when we ended is written now, from %s", spool.file)
        for record, reason in written.refused:
            log.error("the database refuses %r from %s: %s", record, spool.file, reason)
    else:
        log.info("what is in %s is in the database already", spool.file)
    spool.clear()


class SpoolWriter:
    """The thread that writes the spool: one batch waits at most, the newest.

    `report` is called in this thread, once for every batch but those that a newer one replaced while they waited, with
    None when it is kept or with why it is not. It must not block and must not raise.
    """

    def __init__(self, spool: Spool, report: Callable[[Batch, StoreUnavailable | None], None]) -> None:
        self.spool = spool
        self.report = report
        self.news = threading.Condition()
        # All of these are changed under `news`.
        self.batch: Batch | None = None
        self.is_to_clear = False
        self.is_stopping = False
        self.thread = threading.Thread(target=self.run, name="spool-writer")

    def start(self) -> None:
        self.thread.start()

    def submit(self, batch: Batch) -> None:
        """Hand over a batch and return at once; raises `WriterFull` when it is stopping."""
        with self.news:
            if self.is_stopping:
                raise WriterFull("the spool's writer is stopping and takes no more batches")
            self.batch = batch
            self.is_to_clear = False  # the new one replaces what was to be forgotten
            self.news.notify()

    def clear(self) -> None:
        """Forget what is kept, and what was submitted so far once it is."""
        with self.news:
            self.is_to_clear = True
            self.news.notify()

    def stop(self, timeout_seconds: float) -> bool:
        """Do what was asked for and end; return whether all of it was done in time."""
        deadline = time.monotonic() + timeout_seconds
        with self.news:
            self.is_stopping = True
            self.news.notify()
        self.thread.join(max(0.0, deadline - time.monotonic()))
        return not self.thread.is_alive()

    def run(self) -> None:
        while True:
            with self.news:
                self.news.wait_for(lambda: self.batch is not None or self.is_to_clear or self.is_stopping)
                batch, self.batch = self.batch, None
                is_to_clear, self.is_to_clear = self.is_to_clear, False
            if batch is not None:
                self.report(batch, attempt(partial(self.spool.save, batch)))
            if is_to_clear:
                self.clear_spool()
            if batch is None and not is_to_clear:
                return

    def clear_spool(self) -> None:
        failure = attempt(self.spool.clear)
        if failure is not None:
            log.error("%s; at the next start its number will say that it is old", failure)


def unavailable(file: Path, error: OSError) -> StoreUnavailable:
    return StoreUnavailable(f"the spool {file} cannot be written: {error.strerror}")


def fsync_directory(directory: Path) -> None:
    """Make a rename last through a power cut."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
