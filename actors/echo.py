"""What our own presence, published on a site's broker, proves when it comes back, and when it does not (row B13).

It proves that the link carries data, and, since a broker first sends what it has queued for us, that what comes after
it was sent now. Decides only; `link.py` publishes and tells.
"""

import logging
from typing import NamedTuple

from .failures import FailureKind
from .takeover import TakeoverEvidence
from .watchdog import Look, Watchdog

# How long the messages that a broker kept for us may take to come before they count as live again, where our own
# message, which ends them, does not come back (an ACL may forbid it). Seconds.
LONGEST_DRAIN = 30.0


class Note(NamedTuple):
    """What the operator is told of an open link; `level` is one of `logging`'s.

    `{topic}` in the message stands for that of our presence; `kind` is that of the failure it speaks of, if of one.
    """

    level: int
    message: str
    kind: str = ""


# What wants looking at is a warning; that all is well again is none.
NOTES = {
    Look.DEVICES_SILENT: Note(
        logging.WARNING,
        "nothing has come for longer than usual, and our own message comes back: the link carries data, the devices"
        " are silent",
    ),
    Look.UNPROVED: Note(
        logging.WARNING,
        "nothing has come for longer than usual, and our own message does not come back either, which on this link it"
        " never did: whether the link carries data cannot be known",
        FailureKind.ACL.value,
    ),
    Look.RESUMED: Note(logging.INFO, "the devices are heard again"),
}

NO_ECHO = Note(
    logging.WARNING,
    "our own message to {topic} does not come back, so nothing else may either: see that the broker's ACL lets us write"
    " and read it",
    FailureKind.ACL.value,
)


class Echo:
    """The echo of one site's link, from one attempt to the next. Times are monotonic seconds.

    A broker that has kept our session sends what it queued for us first. Such messages count, but say nothing of what
    is alive now: until our own presence, published after them, comes back, the link `is_draining`.
    """

    def __init__(self, watchdog: Watchdog) -> None:
        self.watchdog = watchdog
        self.takeover = TakeoverEvidence()
        self.drain_until: float | None = None
        self.due: float | None = None  # when it is told that none has come
        self.at: float | None = None  # when it last came over this link

    @property
    def is_draining(self) -> bool:
        return self.drain_until is not None

    def opened(self, session_present: bool, deadline: float, now: float) -> None:
        """The link is open and our presence published; `deadline` is that of the site's devices."""
        self.at = None
        self.due = now + LONGEST_DRAIN
        self.drain_until = self.due if session_present else None
        self.takeover.opened(now)
        self.watchdog.open(now, deadline)

    def came(self, now: float) -> None:
        """Our presence, as published over this link, has come back."""
        self.drain_until = self.due = None
        self.at = now
        self.takeover.echoed()
        self.watchdog.echoed(now)

    def look(self, is_held_up: bool, now: float) -> Look | Note | None:
        """Say what is to be told of an open link, or `Look.ASK` or `Look.STALLED`, which are to be acted upon.

        `is_held_up`: the broker waits for our acknowledgements, and sends nothing more until then, our echo neither.
        """
        if self.drain_until is not None and now >= self.drain_until:
            self.drain_until = None
        if is_held_up:
            self.watchdog.hold(now)
            return None
        if self.due is not None and now >= self.due:
            self.due = None
            return NO_ECHO
        look = self.watchdog.look(now)
        return NOTES.get(look, look) if look is not Look.NOTHING else None

    def closed(self) -> None:
        self.drain_until = self.due = None
