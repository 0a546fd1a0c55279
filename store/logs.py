"""Read the logs of a site, newest first, page by page."""

from typing import Any, TypeVar

from peewee import Field

from .database import StoreDatabase
from .records import ConnectionLogRecord, DeviceEventRecord, GapRecord, ParsingLogRecord
from .tables import ConnectionLog, DeviceEvent, Gap, ParsingLog

LOGS: dict[Any, tuple[type[Any], Field]] = {
    ConnectionLogRecord: (ConnectionLog, ConnectionLog.at),
    ParsingLogRecord: (ParsingLog, ParsingLog.last_at),
    DeviceEventRecord: (DeviceEvent, DeviceEvent.at),
    GapRecord: (Gap, Gap.started_at),
}

R = TypeVar("R", ConnectionLogRecord, ParsingLogRecord, DeviceEventRecord, GapRecord)


def read_log(database: StoreDatabase, record: type[R], site_id: int, limit: int, offset: int) -> tuple[int, list[R]]:
    """Return how many records there are in all, and `limit` of them after the first `offset`."""
    table, time = LOGS[record]
    everything = table.select(*(getattr(table, name) for name in record._fields)).where(table.site_id == site_id)
    # By id too: two of one moment would else change places between pages.
    page = everything.order_by(time.desc(), table.id.desc()).limit(limit).offset(offset)
    return everything.count(database), [record(*row) for row in page.tuples().execute(database)]
