"""SQLite, in a file that only its owner can read."""

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from peewee import OperationalError, SqliteDatabase
from playhouse.pool import PooledSqliteDatabase

from .database import Patience, StoreDatabase
from .private_files import FILE_MODE, make_directory, private

MILLISECONDS = 1000  # in a second
LOCK_POLL_INTERVAL = 0.05  # seconds


class SqliteFile(StoreDatabase, PooledSqliteDatabase):  # type: ignore[misc]  # playhouse has no types
    """A database file.

    Write transactions begin IMMEDIATE: a deferred one that reads first and writes then fails with "database is locked"
    whatever the busy timeout, if another wrote in between.
    """

    reading = "DEFERRED"
    driver_error = sqlite3.Error
    field_types = {**SqliteDatabase.field_types, "LONGTEXT": "TEXT"}

    def __init__(self, file: Path, patience: Patience) -> None:
        self.file = file
        self.patience = patience
        super().__init__(
            str(file),
            pragmas={
                "busy_timeout": int(patience.lock * MILLISECONDS),  # first: the next one may wait already
                "journal_mode": "wal",  # readers and the writer do not wait for each other
                "synchronous": "normal",  # survives our end; the last commits may go with a power cut
                "foreign_keys": 1,
            },
            lock_type="IMMEDIATE",
            timeout=patience.pool,
            check_same_thread=False,  # the pool hands a connection to one thread after another
        )

    def _connect(self) -> Any:
        self.make_file()
        return super()._connect()

    def _set_pragmas(self, conn: Any) -> None:
        """Wait for the lock that turns a new file to WAL: of processes that do so at once SQLite refuses all but one.

        It does not heed the busy timeout there.
        """
        deadline = time.monotonic() + self.patience.lock
        while True:
            try:
                super()._set_pragmas(conn)
                return
            except sqlite3.OperationalError as error:
                if "database is locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(LOCK_POLL_INTERVAL)

    def make_file(self) -> None:
        """Make the file before SQLite does, which would let all the world read it; its -wal and -shm get its mode.

        One that is there is never opened: to close any descriptor of a file takes away all locks that our process
        holds on it, and the next process to leave would think itself the last and delete our -wal.
        """
        try:
            make_directory(self.file.parent)
            with suppress(FileExistsError):
                os.close(os.open(self.file, os.O_CREAT | os.O_EXCL | os.O_RDWR, FILE_MODE))
        except OSError as error:
            reason = f"{self.file.parent} is not a directory" if isinstance(error, FileExistsError) else error.strerror
            raise OperationalError(f"cannot open {self.file}: {reason}") from error

    def explain(self, error: BaseException) -> str:
        """Name the file too: SQLite does not."""
        said = super().explain(error)
        if "database is locked" in said:
            said = f"another process holds it for longer than {self.patience.lock:g} seconds ({said})"
        return said if str(self.file) in said else f"{self.file}: {said}"

    def _is_closed(self, conn: Any) -> bool:
        return False  # a file does not hang up

    def is_lost(self, error: BaseException) -> bool:
        return False

    def is_deadlock(self, error: BaseException) -> bool:
        return False

    @contextmanager
    def migration_lock(self) -> Iterator[None]:
        # Not a transaction: a migration turns foreign keys off and on, which SQLite ignores inside one.
        deadline = time.monotonic() + self.patience.lock
        with open(self.file.with_name(f"{self.file.name}-migrating"), "wb", opener=private) as lock:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError as error:
                    if time.monotonic() > deadline:
                        raise OperationalError(f"another process is migrating {self.file}") from error
                    time.sleep(LOCK_POLL_INTERVAL)
            yield
