"""How often somebody dials, against how often the backoff lets them (row B4)."""

from collections.abc import Sequence
from itertools import pairwise

# The supervisor counts a delay from its newest tick, ten of which come each second, so it may be so much shorter.
TICK = 0.1  # seconds
CLOCK = 0.01  # seconds; two processes' clocks are read at slightly other moments


def delay_after(failures: int, retry_delay: float, max_retry_delay: float) -> float:
    """The delay of the table after so many failures in a row, without jitter."""
    return float(min(retry_delay * 2 ** (failures - 1), max_retry_delay))


def hurried(dials: Sequence[float], retry_delay: float, max_retry_delay: float, failures: int = 1) -> list[str]:
    """Say which dials came sooner after the one before than the table allows.

    `dials` are the times, in seconds, of those that follow each other after so many `failures`: the loss of a link that
    held is one, before the very first dial there was none. A slow machine can only make them later.
    """
    found = []
    for number, (sooner, later) in enumerate(pairwise(dials), start=1):
        wait, least = later - sooner, delay_after(failures + number, retry_delay, max_retry_delay)
        if wait < least - TICK - CLOCK:
            found.append(f"dial {number + 1}: {wait:.2f} s after the one before, not {least:g} s")
    return found
