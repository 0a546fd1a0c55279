"""Files that nobody but their owner can read, whatever the umask says."""

import os
from pathlib import Path

FILE_MODE = 0o600
DIRECTORY_MODE = 0o700


def make_directory(directory: Path) -> None:
    """Make a directory and those above it where they are not yet; raises `OSError`."""
    directory.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)


def private(path: str, flags: int) -> int:
    """Open a file, made for its owner alone if it is new: the `opener` of `open`."""
    return os.open(path, flags, FILE_MODE)
