"""Waiting to be told to stop."""

import os
import select
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

# One wish to stop may come as several signals: `timeout`, `make` and process supervisors signal the whole group.
ONE_WISH_SECONDS = 1.0


class StopSignal:
    """Set by SIGTERM or SIGINT, and then for good.

    A pipe and no `threading.Event`: a handler runs between any two instructions of the main thread, and there it may
    not take the lock that the main thread is just waiting with.
    """

    def __init__(self) -> None:
        self.reader, self.writer = os.pipe()

    def wait(self, timeout: float | None) -> bool:
        """Wait up to `timeout` seconds, without one for ever; say whether it is time to stop."""
        return bool(select.select([self.reader], [], [], timeout)[0])

    def set(self) -> None:
        os.write(self.writer, b"\0")

    def close(self) -> None:
        os.close(self.reader)
        os.close(self.writer)


@contextmanager
def stop_signals() -> Iterator[StopSignal]:
    """Take SIGTERM and SIGINT while the block runs. A second one, from somebody who has lost patience, kills."""
    stop = StopSignal()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    told_at: list[float] = []

    def told(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        told_at.append(time.monotonic())
        if told_at[-1] - told_at[0] > ONE_WISH_SECONDS:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        stop.set()

    for number in before:
        signal.signal(number, told)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        stop.close()
