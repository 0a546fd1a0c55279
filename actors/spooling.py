"""The second place: what the database does not take for a while is kept in the spool (rows C10 and F4).

Messages are acknowledged once what they changed is in either place, so that a site's broker does not hold back while
the database is locked, slow or gone.
"""

from thespian.actors import ActorAddress

from ..store.records import Batch
from ..store.spool import SpoolWriter
from .backlog import Backlog

# A batch that the database has had for this long (seconds) goes to the spool as well: most commits take milliseconds.
SPOOL_AFTER = 2.0

# The spool is written whole each time: all that waits, which is the newest state of every device at most. Seconds, and
# the share of the time that it may take at most.
SPOOL_INTERVAL = 1.0
SPOOL_SHARE = 0.2

# By site: its actor, and the number of the newest message whose changes are handed on.
Receipts = dict[int, tuple[ActorAddress, int]]


class Spooling:
    """What is in the spool. `number` is that of the newest snapshot; numbers go on over restarts."""

    def __init__(self, writer: SpoolWriter, number: int) -> None:
        self.writer = writer
        self.number = number
        self.is_in_use = False  # a snapshot was taken that the database does not have yet
        self.is_saving = False
        self.is_saved = False
        self.error = ""
        self.began_at = 0.0
        self.next_at = 0.0
        self.receipts: Receipts = {}

    @property
    def superseded(self) -> int:
        """The number of the snapshot whose place a batch takes that is made now; 0: there is none."""
        return self.number if self.is_in_use else 0

    def is_due(self, now: float) -> bool:
        return not self.is_saving and now >= self.next_at

    def save(self, backlog: Backlog, in_flight: Batch | None, receipts: Receipts, now: float) -> None:
        """Keep all that waits, and what is under way, as one batch."""
        snapshot = Backlog()
        snapshot.put_back(backlog.batch(0))
        if in_flight is not None:
            snapshot.put_back(in_flight)
        self.number += 1
        self.receipts = receipts
        self.is_in_use = self.is_saving = True
        self.began_at = now
        self.writer.submit(snapshot.batch(self.number))

    def saved(self, error: str, now: float) -> Receipts:
        """Take the word that a snapshot is kept, or why not; give what may be acknowledged."""
        self.is_saving = False
        self.next_at = now + max(SPOOL_INTERVAL, (now - self.began_at) / SPOOL_SHARE)
        if self.is_in_use:  # or the database has all of it meanwhile
            self.error = error
            self.is_saved = not error
        receipts, self.receipts = self.receipts, {}
        return {} if error else receipts

    def written(self, batch: Batch) -> None:
        """The database has this batch: if it holds all that the newest snapshot held, the spool is emptied."""
        if self.is_in_use and batch.spool_number == self.number:
            self.is_in_use = self.is_saved = False
            self.error = ""
            self.writer.clear()
