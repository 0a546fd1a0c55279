"""When a lost link is dialled again (rows B4 and B5).

The words are Akka's (`BackoffSupervisor`): exponential growth, a cap, jitter, and an auto-reset that wants proof.
"""

from collections.abc import Callable
from typing import NamedTuple

# A link that holds this long (seconds), or two keep-alives, has proved itself: a broker that kicks us right after
# CONNACK would see a connect each few seconds if CONNACK alone reset the count.
PROOF_SECONDS = 60.0
PROOF_KEEP_ALIVES = 2

# 2^64 seconds is longer than any cap; a larger exponent would only overflow.
LARGEST_EXPONENT = 64


class BackoffPolicy(NamedTuple):
    """Seconds, but for `jitter`, the share by which a delay is moved either way."""

    retry_delay: float
    max_retry_delay: float
    jitter: float


class RetryAt(NamedTuple):
    """Dial again `delay` seconds from now; that will be retry number `retry_count`."""

    delay: float
    retry_count: int


def after_failure(policy: BackoffPolicy, retry_count: int, uniform: Callable[[float, float], float]) -> RetryAt:
    """Decide when to dial after a failure that had `retry_count` others before it.

    The delay is `min(retry_delay * 2^n, max_retry_delay)`, then moved by jitter, so that the sites of a broker that
    comes back do not all dial at once; the cap holds before jitter.
    """
    exponent = min(retry_count, LARGEST_EXPONENT)
    delay = min(policy.retry_delay * 2**exponent, policy.max_retry_delay)
    return RetryAt(delay * uniform(1 - policy.jitter, 1 + policy.jitter), retry_count + 1)


def is_proved(connected_seconds: float, keep_alive: float) -> bool:
    """Whether a link has held long enough for the count to start again from nothing."""
    return connected_seconds >= max(PROOF_SECONDS, PROOF_KEEP_ALIVES * keep_alive)
