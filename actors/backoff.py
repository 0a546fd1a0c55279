"""When a lost link is dialled again (rows B4, B5 and B6).

The words are Akka's (`BackoffSupervisor`, `CircuitBreaker`): exponential growth, a cap, jitter, an auto-reset that
wants proof, and an end of it. A link that is parked is dialled by a probe now and then (*half-open*), or a person.
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
    """Seconds, but for `jitter`, the share by which a delay is moved either way, and `max_retries`.

    `max_retries` is at least 1: nothing is retried for ever. `probe_interval` is 0 where a parked link is not probed.
    """

    retry_delay: float
    max_retry_delay: float
    jitter: float
    max_retries: int
    probe_interval: float


class RetryAt(NamedTuple):
    """Dial again `delay` seconds from now; that will be retry number `retry_count`."""

    delay: float
    retry_count: int


class Park(NamedTuple):
    """Dial no more, but for a probe in `delay` seconds; None if there is to be none."""

    delay: float | None


def after_failure(
    policy: BackoffPolicy, retry_count: int, is_hopeless: bool, uniform: Callable[[float, float], float]
) -> RetryAt | Park:
    """Decide when to dial after a failure that came after `retry_count` retries.

    The delay is `min(retry_delay * 2^n, max_retry_delay)`, then moved by jitter, so that the sites of a broker that
    comes back do not all dial at once; the cap holds before jitter. A link is parked when its last retry has failed,
    and at once where the failure `is_hopeless`: where waiting mends nothing, or where a probe has failed.
    """
    share = uniform(1 - policy.jitter, 1 + policy.jitter)
    if is_hopeless or retry_count >= policy.max_retries:
        return Park(policy.probe_interval * share if policy.probe_interval else None)
    exponent = min(retry_count, LARGEST_EXPONENT)
    delay = min(policy.retry_delay * 2**exponent, policy.max_retry_delay)
    return RetryAt(delay * share, retry_count + 1)


def is_proved(connected_seconds: float, keep_alive: float) -> bool:
    """Whether a link has held long enough for the count to start again from nothing."""
    return connected_seconds >= max(PROOF_SECONDS, PROOF_KEEP_ALIVES * keep_alive)
