"""Whether a device is alive, as far as we can know (rows E1, E3 and E4).

All times are of the monotonic clock, in seconds. A device is judged only over time in which we could have heard it:
while our own link is down it is `unknown`, and after the link is back it has a whole deadline to be heard again. So it
is while all gateways of its site are offline, if they and the device fell silent together.
"""

import math
from typing import NamedTuple

from ..store.records import Availability

# Why a device is `unknown`: a record's `availability_cause`, where it is not the device's own silence.
LINK_DOWN = "link_down"
GATEWAY_OFFLINE = "gateway_offline"
GATEWAY_SILENT = "gateway_silent"  # it is late too, and may be found offline
RESTARTED = "restarted"

# A heartbeat counts as missed half an interval after it was due: cadences jitter.
MISSED_AFTER_INTERVALS = 0.5


class GatewaySilence(NamedTuple):
    """How long nothing was heard of a site's gateways: of the one that was heard last.

    `is_offline` once all of them are past their deadline.
    """

    since: float
    interval: float
    is_offline: bool

    def explains(self, silent_since: float, interval: float) -> bool:
        """Whether a device that has been silent since then may be so because of its gateway.

        Both fell silent within one interval of each other. Where the device was silent before, its gateway was heard
        without it; where it was heard later, it does without its gateway.
        """
        return abs(silent_since - self.since) <= max(interval, self.interval)


class Liveness:
    """What is known of one device's signs of life.

    The methods that change it give the seconds online and the seconds observed since the last such call, so that each
    second of which we can say what the device was in it is charged once. Time in which it was `unknown` or never seen
    is charged only if it turns out to have been silence.
    """

    __slots__ = ("accounted_at", "ever_heard", "heard_at", "is_shadowed", "link_up_since", "misses", "state")

    def __init__(self, ever_heard: bool, link_up_since: float | None) -> None:
        self.ever_heard = ever_heard
        self.link_up_since = self.accounted_at = link_up_since
        self.heard_at: float | None = None
        self.state = Availability.UNKNOWN
        self.misses = 0
        self.is_shadowed = False  # by its gateways, which are offline

    def hear(self, now: float) -> tuple[float, float]:
        """Take a live message: the device is alive."""
        spent = self.become(Availability.ONLINE, now)
        self.ever_heard = True
        self.heard_at = now
        self.misses = 0
        self.is_shadowed = False
        return spent

    def link_up(self, now: float) -> None:
        """Begin to observe; there was nothing to observe until now."""
        self.link_up_since = self.accounted_at = now
        self.heard_at = None
        self.misses = 0
        self.is_shadowed = False

    def link_down(self, now: float) -> tuple[float, float]:
        """Stop to observe: what comes now is nobody's downtime."""
        spent = self.become(Availability.UNKNOWN, now)
        self.link_up_since = self.accounted_at = None
        self.heard_at = None
        self.is_shadowed = False
        return spent

    def shadow(self, now: float) -> None:
        """Stop to judge: it is silent with its gateways. What it was since it was heard last is charged to nobody."""
        self.is_shadowed = True
        self.state = Availability.UNKNOWN
        self.accounted_at = now

    def become(self, availability: Availability, now: float) -> tuple[float, float]:
        """Take a verdict. A silence that ends in `offline` was downtime from its beginning."""
        before, self.state = self.state, availability
        if self.accounted_at is None:
            return 0.0, 0.0
        elapsed, self.accounted_at = now - self.accounted_at, now
        if Availability.OFFLINE in (before, availability):
            return 0.0, elapsed
        return (elapsed, elapsed) if before is Availability.ONLINE else (0.0, 0.0)

    def verdict(self, now: float, deadline: float) -> Availability:
        """Judge the device; `deadline` is how long it may be silent."""
        if not self.ever_heard:
            return Availability.NEVER_SEEN
        if self.link_up_since is None:
            return Availability.UNKNOWN
        if self.heard_at is not None:
            return Availability.ONLINE if now - self.heard_at <= deadline else Availability.OFFLINE
        # Not heard since the link came up: it has a whole deadline to be heard again.
        return Availability.UNKNOWN if now - self.link_up_since <= deadline else Availability.OFFLINE

    def silent_since(self) -> float | None:
        """Since when nothing was heard that could have been heard."""
        return self.heard_at if self.heard_at is not None else self.link_up_since

    def new_misses(self, now: float, interval: float) -> int:
        """Give how many more heartbeats are missed in this silence than when last asked."""
        since = self.silent_since()
        if since is None or not self.ever_heard:
            return 0
        missed = max(0, math.floor((now - since) / interval - MISSED_AFTER_INTERVALS))
        new, self.misses = missed - self.misses, missed
        return max(0, new)
