"""A log file that starts anew at midnight (UTC) and is kept compressed for some days."""

import gzip
import logging.handlers
import os
import shutil
from pathlib import Path


class CompressedDaily(logging.handlers.TimedRotatingFileHandler):
    """Yesterday's `x.log` becomes `x.log.2025-10-14.gz`; more than `keep_days` of them are not kept.

    UTC, because a local midnight comes twice or not at all on the nights when the clocks change, and rotating twice
    to one name would lose a day.
    """

    def __init__(self, path: Path, keep_days: int) -> None:
        super().__init__(path, when="midnight", backupCount=keep_days, utc=True, encoding="utf-8")
        # Log lines name sites and hosts: they are the owner's alone.
        os.chmod(path, 0o600)

    def rotation_filename(self, default_name: str) -> str:
        return f"{default_name}.gz"

    def rotate(self, source: str, dest: str) -> None:
        # A crash half way leaves the part file and the source: nothing that was logged is lost.
        part = f"{dest}.part"
        with open(source, "rb") as plain, open(part, "wb", opener=private) as raw, gzip.open(raw, "wb") as packed:
            shutil.copyfileobj(plain, packed)
        os.replace(part, dest)
        os.remove(source)

    def getFilesToDelete(self) -> list[str]:
        kept = sorted(Path(self.baseFilename).parent.glob(f"{Path(self.baseFilename).name}.*.gz"))
        return [str(path) for path in kept[: -self.backupCount]]


def private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
