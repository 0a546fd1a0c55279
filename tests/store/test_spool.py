"""The spool keeps the newest batch through whatever ends us, and gives it to the database once."""

import logging
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from sitewarden.store.errors import StoreUnavailable
from sitewarden.store.records import (
    Batch,
    ConnectionLogRecord,
    ConnectionState,
    DataloggerRecord,
    DeliveryRecord,
    SensorRecord,
    Status,
)
from sitewarden.store.spool import Spool, restore
from sitewarden.store.store import Store

SAVE_FOR_EVER = """
import sys
from itertools import count
from pathlib import Path
from sitewarden.store.records import Batch, DataloggerRecord
from sitewarden.store.spool import Spool
spool = Spool(Path(sys.argv[1]))
for number in count(1):
    spool.save(Batch(tuple(DataloggerRecord(1, f"adaq/{n}", "S") for n in range(number % 50)), spool_number=number))
    print(number, flush=True)
"""


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "data" / "spool.jsonl")


def batch(site_id: int, number: int) -> Batch:
    """Make a batch of which each part shows how often it was written."""
    return Batch(
        devices=(DataloggerRecord(site_id, "monstro/1", "DL-1", total_heartbeats=number),),
        states=(ConnectionState(site_id, Status.CONNECTED, retry_count=number),),
        connection_logs=(ConnectionLogRecord(site_id, float(number), "INFO", str(number), Status.CONNECTED),),
        deliveries=(DeliveryRecord(site_id, 0, number, ((number, number),)),),
        spool_number=number,
    )


def test_what_is_saved_is_loaded_until_it_is_cleared(spool: Spool) -> None:
    assert spool.load() is None
    spool.clear()

    spool.save(batch(1, 1))
    spool.save(batch(1, 2))
    assert spool.load() == batch(1, 2)
    assert Spool(spool.file).load() == batch(1, 2)

    spool.clear()
    assert spool.load() is None
    assert list(spool.file.parent.iterdir()) == []


def test_nobody_else_can_read_it(spool: Spool) -> None:
    before = os.umask(0)
    try:
        spool.save(batch(1, 1))
    finally:
        os.umask(before)

    assert stat.S_IMODE(spool.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(spool.file.parent.stat().st_mode) == 0o700


def test_a_save_that_fails_keeps_the_batch_before_and_says_why(spool: Spool) -> None:
    spool.save(batch(1, 1))
    spool.unfinished.mkdir()

    with pytest.raises(StoreUnavailable, match=r"spool\.jsonl cannot be written: Is a directory"):
        spool.save(batch(1, 2))
    assert spool.load() == batch(1, 1)

    spool.unfinished.rmdir()
    spool.save(batch(1, 2))
    assert spool.load() == batch(1, 2)


@pytest.mark.parametrize("content", [b"", b"\x00" * 4096, b'{"spool_number":1,"records":2}\n', "è\n".encode()])
def test_a_file_that_cannot_be_read_is_moved_aside_and_logged(
    spool: Spool, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    spool.file.parent.mkdir()
    spool.file.write_bytes(content)

    with caplog.at_level(logging.ERROR):
        assert spool.load() is None

    assert str(spool.damaged) in caplog.text
    assert spool.damaged.read_bytes() == content
    assert not spool.file.exists()


def test_a_process_killed_while_it_saves_leaves_a_whole_batch(spool: Spool) -> None:
    for _ in range(5):
        process = subprocess.Popen([sys.executable, "-c", SAVE_FOR_EVER, str(spool.file)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        told = [int(process.stdout.readline()) for _ in range(20)]
        process.kill()
        told += [int(line) for line in process.communicate()[0].splitlines()]

        kept = spool.load()

        assert kept is not None
        assert kept.spool_number in (told[-1], told[-1] + 1)
        assert len(kept.devices) == kept.spool_number % 50


def test_what_the_database_had_not_taken_is_written_once_and_forgotten(
    store: Store, site_id: int, spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    store.write(batch(site_id, 1))
    spool.save(batch(site_id, 2))

    with caplog.at_level(logging.INFO):
        restore(store, spool)
        restore(store, spool)

    memory = store.memory(site_id)
    assert (memory.state.retry_count, memory.dataloggers[0].total_heartbeats, memory.deliveries) == (
        2,
        2,
        batch(site_id, 2).deliveries,
    )
    assert store.spool_number() == 2
    assert store.connection_logs(site_id, 10, 0)[0] == 2
    assert spool.load() is None
    assert caplog.text.count(str(spool.file)) == 1


def test_what_is_in_the_database_already_is_not_written_again(store: Store, site_id: int, spool: Spool) -> None:
    """As after a crash between the commit and the end of the spool."""
    spool.save(batch(site_id, 2))
    store.write(batch(site_id, 2))
    store.write(batch(site_id, 3)._replace(spool_number=0))

    restore(store, spool)

    assert store.memory(site_id).state.retry_count == 3
    assert store.connection_logs(site_id, 10, 0)[0] == 2
    assert spool.load() is None


def test_a_database_that_still_refuses_leaves_the_spool_where_it_is(store: Store, site_id: int, spool: Spool) -> None:
    spool.save(batch(site_id, 1))
    rename(store, "datalogger", "hidden")

    with pytest.raises(StoreUnavailable):
        restore(store, spool)
    assert spool.load() == batch(site_id, 1)

    rename(store, "hidden", "datalogger")
    restore(store, spool)
    assert store.memory(site_id).state.retry_count == 1


def test_what_the_database_refuses_for_good_is_logged_and_the_rest_is_written(
    store: Store, site_id: int, spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    homeless = SensorRecord(site_id, "nowhere/1", "LOST")
    spool.save(Batch(devices=(homeless,), states=batch(site_id, 1).states, spool_number=1))

    restore(store, spool)

    assert "LOST" in caplog.text
    assert store.memory(site_id).state.retry_count == 1
    assert spool.load() is None


def rename(store: Store, table: str, name: str) -> None:
    with store.database.connection_context():
        store.database.execute_sql(f"ALTER TABLE {table} RENAME TO {name}")
