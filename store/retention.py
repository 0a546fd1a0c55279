"""Delete the oldest lines of the logs: what is too old, and what is too much (row F7)."""

from typing import Any

from peewee import fn

from .database import StoreDatabase
from .logs import LOGS

# How many rows of a log one transaction deletes: 30 (SQLite) to 100 ms (MariaDB), for which a batch may have to wait.
ROWS_PER_TRANSACTION = 2_000


def prune_log(database: StoreDatabase, record: type[Any], before: float, most_rows: int) -> int:
    """Delete the oldest lines of a log, of all sites, inside a transaction; return how many.

    They are those from before a time (epoch s), and those by which there are more than `most_rows`, but at most
    `ROWS_PER_TRANSACTION` of them.
    """
    table, time = LOGS[record]
    # Not peewee's `count()`: MariaDB reads whole rows for it, where an index would do.
    count: int = table.select(fn.COUNT(table.id)).scalar(database)
    oldest = table.select(table.id, time).order_by(time, table.id).limit(ROWS_PER_TRANSACTION)
    doomed = [
        row_id
        for rank, (row_id, at) in enumerate(oldest.tuples().execute(database))
        if rank < count - most_rows or at < before
    ]
    if doomed:
        table.delete().where(table.id.in_(doomed)).execute(database)
    return len(doomed)
