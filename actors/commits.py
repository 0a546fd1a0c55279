"""When what has changed is written (rows C10 and F3).

Whatever is written is written whole: all that the messages so far have changed, together with which messages those
were. So the runtime has everything handed to the recorder first, and only when a commit is due: at once for a
discovery, soon for messages that wait for their acknowledgement, at intervals for the rest. A commit costs the database
some milliseconds, and a message that waits takes a place in its broker's in-flight window: so several share a commit,
and a site whose window may be full does not wait for others.
"""

import math

# Half of the smallest in-flight window that brokers have by default (RabbitMQ and HiveMQ 10, Mosquitto 20, EMQX 32).
SITE_WAITS_NO_LONGER = 5

# After the database has refused a batch it is left in peace for this long (seconds).
RETRY_AFTER = 1.0


class Commits:
    """The schedule. Connections tell it what waits, the recorder what is under way; the runtime asks it at each turn.

    Times are monotonic seconds. `ack_delay` is how long a message may wait for others, `interval` all the rest.
    """

    def __init__(self, interval: float, ack_delay: float) -> None:
        self.interval = interval
        self.ack_delay = ack_delay
        self.next_at = 0.0
        self.waiting_since: float | None = None
        self.is_wanted = False
        self.is_writing = False
        self.is_stopping = False
        self.held_until = 0.0
        self.is_spool_wanted = False
        self.is_all_spooled = False  # since we stop

    def wait(self, of_site: int, now: float) -> None:
        """Take note of a message that waits for its acknowledgement, as do `of_site` of its site, itself included."""
        if self.waiting_since is None:
            self.waiting_since = now
        if of_site >= SITE_WAITS_NO_LONGER:
            self.is_wanted = True

    def want(self) -> None:
        """Have a commit as soon as may be."""
        self.is_wanted = True

    def may_write(self, now: float) -> bool:
        """Whether the database is neither at work on a batch nor in trouble."""
        return not self.is_writing and now >= self.held_until

    def is_due(self, now: float) -> bool:
        if not self.may_write(now):
            return self.is_spool_wanted
        is_late = self.waiting_since is not None and now - self.waiting_since >= self.ack_delay
        return self.is_wanted or is_late or now >= self.next_at

    def handed_on(self, now: float) -> None:
        """All that waited is the recorder's now."""
        self.waiting_since = None
        self.is_wanted = False
        self.next_at = now + self.interval

    def begin(self) -> None:
        """A batch is on its way; what gathers meanwhile is the next one."""
        self.is_writing = True

    def end(self) -> None:
        """The batch is committed."""
        self.is_writing = False

    def fail(self, now: float) -> None:
        """The database has refused the batch."""
        self.is_writing = False
        self.is_wanted = True
        self.held_until = math.inf if self.is_stopping else now + RETRY_AFTER  # another attempt would not end in time

    def hurry(self) -> None:
        """We stop: nothing waits for others any more, and what failed is tried again now."""
        self.is_stopping = True
        self.interval = self.ack_delay = self.held_until = self.next_at = 0.0
