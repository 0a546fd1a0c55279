"""Whether another client uses our client id, where the broker does not say so: MQTT 3.1.1 has no word for it.

A broker keeps only the newest client of an id, and closes the older one's connection. Two that dial again whenever
that happens take the id from each other for ever, and each sees no more than that its link is cut.
"""

# Another client that dials again at once does so within a second or two of our taking the id from it (paho waits one
# second at first), after a few failures within some more. A link that held longer was cut by something else. Seconds.
SHORT_LIFE = 10.0

# Once may be anything.
ENOUGH_SHORT_LIVES = 2

# Another Sitewarden with our id has a backoff too, and dials a parked site once in 15 minutes: for how long what it
# left at the broker explains a cut. Seconds.
EVIDENCE_LASTS = 1_200.0

# Of those that ran before us: one for each restart of which the broker still had queued something. What others write
# on our topic must not fill our memory.
MOST_KNOWN = 100


class TakeoverEvidence:
    """What one site's link has seen that speaks for another client with its id. Times are monotonic seconds.

    What was there before our own presence first came back may be from ourselves, before a restart: the broker has it
    retained, or had queued it. Somebody who shows up after that, with our id, runs at the same time as we do.
    """

    def __init__(self) -> None:
        self.is_settled = False  # our own presence has come back once
        self.earlier: set[float] = set()  # since when those ran who were there before
        self.other_at: float | None = None
        self.opened_at = 0.0
        self.has_worked = False
        self.short_lives = 0

    def opened(self, now: float) -> None:
        self.opened_at = now
        self.has_worked = False

    def echoed(self) -> None:
        """Our own presence has come back over this link."""
        self.has_worked = True
        self.is_settled = True

    def saw_other(self, running_since: float, now: float) -> None:
        """Somebody else's presence, with our client id, has come."""
        if running_since in self.earlier:
            return
        if self.is_settled:
            self.other_at = now
        elif len(self.earlier) < MOST_KNOWN:
            self.earlier.add(running_since)

    def failed(self) -> None:
        """A dial failed, or the link ended for a reason that was given."""
        self.short_lives = 0

    def is_takeover(self, was_open: bool, now: float) -> bool:
        """Say whether a link that the broker has just cut without a word was taken over.

        One that was cut before it was open says nothing of those before it: it may be kicked for another reason.
        """
        if was_open and self.has_worked and now - self.opened_at < SHORT_LIFE:
            self.short_lives += 1
        elif was_open:
            self.short_lives = 0
        if self.other_at is not None and now - self.other_at < EVIDENCE_LASTS:
            return True
        return was_open and self.short_lives >= ENOUGH_SHORT_LIVES
