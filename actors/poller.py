"""Which sockets are ready, and whose turn it is."""

import selectors

from .messages import Now
from .mqtt import Session


class Poller:
    """The sessions whose sockets the actor thread watches.

    Not reading is our back-pressure: what we do not read the broker queues. Each session reads at most `read_batch`
    packets in a turn, so that a flood of one site leaves the others theirs.
    """

    def __init__(self, selector: selectors.BaseSelector, read_batch: int) -> None:
        self.selector = selector
        self.read_batch = read_batch
        self.sessions: set[Session] = set()
        self.hungry: set[Session] = set()  # have more to read than `select` would tell of
        self.is_reading = True

    def add(self, session: Session) -> None:
        self.sessions.add(session)
        if self.is_reading:
            self.selector.register(session, selectors.EVENT_READ, session)
            self.hungry.add(session)  # CONNACK may have come while nobody watched

    def remove(self, session: Session) -> None:
        """Watch a session no longer; its socket may be closed already."""
        if session in self.sessions:
            self.sessions.remove(session)
            self.hungry.discard(session)
            if self.is_reading:
                self.selector.unregister(session)

    def stop_reading(self) -> None:
        """Take no more messages from now on; what is written still goes out, at each tick."""
        self.is_reading = False
        self.hungry.clear()
        for session in self.sessions:
            self.selector.unregister(session)

    def handle(self, ready: list[tuple[Session, int]], now: Now) -> None:
        """Serve the sessions that are ready and those that were left with more to read."""
        waiting = self.hungry
        self.hungry = set()
        for session, events in ready:
            if events & selectors.EVENT_WRITE:
                session.write(now)
                self.settle(session)  # or `select` would find it writable again and again
            if events & selectors.EVENT_READ:
                waiting.add(session)
        for session in waiting:
            if session in self.sessions:
                if session.read(now, self.read_batch):
                    self.hungry.add(session)
                self.settle(session)

    def tick(self, now: Now) -> None:
        for session in list(self.sessions):
            session.tick(now)
            if not self.is_reading and session.wants_write():
                session.write(now)
            self.settle(session)

    def settle(self, session: Session) -> None:
        """Set what is watched after a session was worked with."""
        if session.has_ended:
            self.remove(session)
            return
        if self.is_reading:
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if session.wants_write() else 0)
            if self.selector.get_key(session).events != events:
                self.selector.modify(session, events, session)
