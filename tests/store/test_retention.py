"""Logs are kept for a time and up to a size; what goes is the oldest."""

import pytest
from sitewarden.store.drafts import ConnectionDraft, SiteDraft
from sitewarden.store.records import (
    Batch,
    ConnectionLogRecord,
    DeviceEventRecord,
    ErrorType,
    GapRecord,
    ParsingLogRecord,
    Pruned,
    Status,
)
from sitewarden.store.retention import ROWS_PER_TRANSACTION
from sitewarden.store.store import Store

NOW = 1_795_267_594.0  # epoch s
PLENTY = 1_000_000  # rows
LONG = 1e9  # seconds


def line(site_id: int, at: float) -> ConnectionLogRecord:
    return ConnectionLogRecord(site_id, at, "INFO", f"at {at:.0f}", Status.CONNECTED)


def everything(site_id: int, at: float) -> Batch:
    """Make one line for each log."""
    return Batch(
        connection_logs=(line(site_id, at),),
        parsing_logs=(ParsingLogRecord(site_id, "t", "p", ErrorType.PARSE, f"at {at:.0f}", "{", "", NOW - LONG, at),),
        events=(DeviceEventRecord(site_id, at, "serial_conflict", "monstro/1", f"at {at:.0f}"),),
        gaps=(GapRecord(site_id, at, at + 1, f"at {at:.0f}"),),
    )


def left(store: Store, site_id: int) -> list[list[str]]:
    """Return what each log says, newest first."""
    return [
        [log.message for log in store.connection_logs(site_id, 100, 0)[1]],
        [log.message for log in store.parsing_logs(site_id, 100, 0)[1]],
        [event.message for event in store.device_events(site_id, 100, 0)[1]],
        [gap.reason for gap in store.gaps(site_id, 100, 0)[1]],
    ]


def test_lines_that_are_too_old_go_from_every_log(store: Store, site_id: int) -> None:
    for age in (0, 10, 11, 500):
        store.write(everything(site_id, NOW - age))

    pruned = store.prune(NOW, oldest_age=10, most_rows=PLENTY)

    assert pruned == Pruned(2, 2, 2, 2)
    assert pruned.rows == 8
    assert left(store, site_id) == [[f"at {NOW:.0f}", f"at {NOW - 10:.0f}"]] * 4
    assert store.prune(NOW, oldest_age=10, most_rows=PLENTY) == Pruned()


def test_of_too_many_lines_the_newest_of_all_sites_stay(store: Store, site_id: int) -> None:
    store.save_fleet([SiteDraft(code="other", connection=ConnectionDraft(broker_host="127.0.0.1"))])
    other_id = next(found.site.id for found in store.configurations() if found.site.code == "other")
    for at in (5, 1, 4):
        store.write(everything(site_id, at))
    for at in (2, 6, 3):
        store.write(everything(other_id, at))

    assert store.prune(NOW, oldest_age=2 * LONG, most_rows=3) == Pruned(3, 3, 3, 3)

    assert left(store, site_id) == [["at 5", "at 4"]] * 4
    assert left(store, other_id) == [["at 6"]] * 4


def test_of_lines_of_one_moment_those_written_first_go(store: Store, site_id: int) -> None:
    lines = tuple(line(site_id, 1.0)._replace(message=message) for message in "abc")
    store.write(Batch(connection_logs=lines))

    store.prune(NOW, oldest_age=2 * LONG, most_rows=1)

    assert [log.message for log in store.connection_logs(site_id, 10, 0)[1]] == ["c"]


@pytest.mark.parametrize(("age", "most_rows"), [(10, PLENTY), (2 * LONG, 1)])
def test_what_is_too_much_for_one_transaction_goes_in_several(
    store: Store, site_id: int, age: float, most_rows: int
) -> None:
    old = tuple(line(site_id, number) for number in range(ROWS_PER_TRANSACTION + 1))
    store.write(Batch(connection_logs=(*old, line(site_id, NOW))))

    first = store.prune(NOW, age, most_rows)
    second = store.prune(NOW, age, most_rows)

    assert first == Pruned(connection_logs=ROWS_PER_TRANSACTION, is_complete=False)
    assert second == Pruned(connection_logs=1)
    assert [log.at for log in store.connection_logs(site_id, 10, 0)[1]] == [NOW]


def test_nothing_goes_that_is_neither_too_old_nor_too_much(store: Store, site_id: int) -> None:
    store.write(everything(site_id, NOW))
    store.write(everything(site_id, NOW + 100))  # before somebody set the clock back

    assert store.prune(NOW, oldest_age=10, most_rows=2) == Pruned()
    assert [len(log) for log in left(store, site_id)] == [2, 2, 2, 2]
