"""How often an actor that fails is begun again (row B9).

The words are OTP's: a parent's restart *intensity* is `limit` restarts of a child within `period`; a child that fails
once more takes its parent with it. The first restart is at once, so that what comes meanwhile finds it there; the next
ones within the period wait ever longer, as with Akka's backoff.
"""

from collections import deque
from typing import NamedTuple


class RestartPolicy(NamedTuple):
    """`limit` restarts within `period` seconds; `delay` seconds before the second of them, doubled for each more."""

    limit: int
    period: float
    delay: float


class RestartBudget:
    """The restarts of one actor. Times are monotonic seconds."""

    def __init__(self, policy: RestartPolicy) -> None:
        self.policy = policy
        self.restarts: deque[float] = deque()

    def after_failure(self, now: float) -> float | None:
        """Give in how many seconds to begin it again, 0 for at once; None if its restarts are used up."""
        used = self.used(now)
        if used >= self.policy.limit:
            return None
        self.restarts.append(now)
        return 0.0 if used == 0 else self.policy.delay * 2.0 ** (used - 1)

    def used(self, now: float) -> int:
        """Count the restarts within the period."""
        while self.restarts and now - self.restarts[0] >= self.policy.period:
            self.restarts.popleft()
        return len(self.restarts)

    def spend(self, now: float) -> None:
        """Leave nothing of it: who comes out of quarantine is on probation for one period."""
        self.restarts = deque([now] * self.policy.limit)
