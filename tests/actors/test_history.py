"""The logs in the database are pruned while all goes on (row F7)."""

from servers.process import wait_until
from sitewarden.store.records import Batch, ConnectionLogRecord, Status

from .field import DEADLINE, Field

SECONDS_OF_A_DAY = 86_400


def test_lines_that_are_too_old_are_deleted_soon_after_the_start_and_then_at_intervals(field: Field) -> None:
    field.save("north")
    keep = field.settings.history.keep_days * SECONDS_OF_A_DAY
    now = field.clock().epoch
    lines = {"old": now - keep - 60, "ageing": now - keep + field.settings.history.prune_interval / 2}
    site_id = field.id("north")
    logged = [ConnectionLogRecord(site_id, at, "INFO", message, Status.CONNECTED) for message, at in lines.items()]
    field.store.write(Batch(connection_logs=tuple(logged)))

    def kept() -> set[str]:
        return lines.keys() & {line.message for line in field.connection_log("north")}

    field.connect("north")
    assert wait_until(lambda: kept() == {"ageing"}, DEADLINE)
    field.clock.advance(field.settings.history.prune_interval)
    assert wait_until(lambda: kept() == set(), DEADLINE)
