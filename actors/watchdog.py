"""Whether a link over which nothing comes still carries data (row B14).

Pings are no proof: a broker answers them, and delivers nothing, when its access list has changed or its queue for us
is stuck. Our own presence, published again, is: it must come back.
"""

import math
from enum import Enum

# Below this no silence is worth a look, however busy the site was: each one costs a message there and back. Seconds.
SHORTEST_SILENCE = 30.0

# Over how long the site's cadence is learned: long against the pauses between its messages, short against a day, in
# which people change it. Seconds.
CADENCE_HORIZON = 600.0


class Look(Enum):
    """What came of a look."""

    NOTHING = "nothing"
    ASK = "ask"  # publish our presence again
    DEVICES_SILENT = "devices silent"  # it came back: the link carries data
    UNPROVED = "unproved"  # it did not, but it never did on this link: that proves nothing
    STALLED = "stalled"  # it did not, and it did before
    RESUMED = "resumed"  # after a silence that was told the site is heard again


class Watchdog:
    """Watches over one site's link. Times are monotonic seconds.

    A silence is looked into after `factor` times the site's cadence, but no later than the devices' own deadline. What
    is found is told once in a silence; the look is repeated no more often than that.
    """

    def __init__(self, interval: float, factor: float, patience: float) -> None:
        """`interval` is the cadence to begin with, `patience` how long our presence may take to come back."""
        self.cadence = interval
        self.factor = factor
        self.patience = patience
        self.open(0.0, math.inf)

    def open(self, now: float, deadline: float) -> None:
        """Begin with a link that has just been opened; what was learned of the site holds on."""
        self.deadline = deadline
        self.heard_at: float | None = None
        self.quiet_since = now
        self.asked_at: float | None = None
        self.echo_works = False
        self.found: Look | None = None  # in this silence, and not told yet
        self.has_told = False

    def heard(self, now: float) -> None:
        """A message of the site has come."""
        if self.heard_at is not None:
            self.learn(now - self.heard_at)
        self.heard_at = now
        self.break_silence(now)
        self.found = Look.RESUMED if self.has_told else None

    def learn(self, gap: float) -> None:
        # A gap weighs as much as it lasts: a hundred devices that all speak once a minute make one that counts.
        self.cadence += (gap - self.cadence) * -math.expm1(-gap / CADENCE_HORIZON)

    def break_silence(self, now: float) -> None:
        self.quiet_since = now
        self.asked_at = None

    def hold(self, now: float) -> None:
        """The silence is our own doing: the broker waits for us to acknowledge what it has sent."""
        self.break_silence(now)

    def echoed(self, now: float) -> None:
        """Our presence has come back."""
        self.echo_works = True
        if self.asked_at is not None:
            self.find(Look.DEVICES_SILENT, now)

    def find(self, what: Look, now: float) -> None:
        self.break_silence(now)
        if not self.has_told:
            self.found = what

    @property
    def longest_silence(self) -> float:
        return min(self.deadline, max(SHORTEST_SILENCE, self.factor * self.cadence))

    def look(self, now: float) -> Look:
        """Say what is to be done or told now."""
        if self.asked_at is not None and now - self.asked_at >= self.patience:
            if self.echo_works:
                return Look.STALLED
            self.find(Look.UNPROVED, now)
        if self.found is not None:
            found, self.found = self.found, None
            self.has_told = found is not Look.RESUMED
            return found
        if self.asked_at is None and now - self.quiet_since >= self.longest_silence:
            self.asked_at = now
            return Look.ASK
        return Look.NOTHING
