"""One running Sitewarden for each data directory.

Two would take over each other's MQTT sessions without end: they share the client ids that the database keeps.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .data_directory import make_data_directory
from .refusal import Refusal

LOCK_FILE = "sitewarden.lock"


class AlreadyRunning(Refusal):
    """Another Sitewarden, of this process or another one, serves the data directory."""


@contextmanager
def only_instance(data_dir: Path) -> Iterator[None]:
    """Hold the data directory, making it if it is not there; raises `AlreadyRunning`, `DataDirectoryUnusable`.

    The kernel lets go of the lock when the process ends, however it ends: a file that is left behind locks nothing.
    """
    make_data_directory(data_dir)
    with open(data_dir / LOCK_FILE, "a+", opener=private) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read().strip()
            raise AlreadyRunning(
                f"Sitewarden runs on {data_dir.absolute()} already (process {holder}): stop that one, or choose"
                " another data directory with SITEWARDEN_DATA_DIR"
            ) from error
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
