"""A full disk costs clean errors that say so, takes nothing that was written, and is over when there is room."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from servers.place import Place
from servers.process import require_binaries
from sitewarden.store.errors import StoreUnavailable
from sitewarden.store.records import (
    Batch,
    ConnectionLogRecord,
    ConnectionState,
    DataloggerRecord,
    DeliveryRecord,
    Status,
)
from sitewarden.store.store import Store

FULL = "disk is full"
MANY_PAGES = 1_000_000

# A file system of our own, in a mount namespace of our own, that is really full: not even the write-ahead log grows.
ON_SMALL_DISK = 'mount -t tmpfs -o size=3m tmpfs "$1" && exec "$2" -c "$3" "$1"'

FILL_AND_FREE = """
import errno, json, sys
from pathlib import Path
from sitewarden.store.drafts import ConnectionDraft, SiteDraft
from sitewarden.store.errors import StoreUnavailable
from sitewarden.store.records import Batch, ConnectionState, DataloggerRecord
from sitewarden.store.secrets import Secrets
from sitewarden.store.spool import Spool
from sitewarden.store.store import Store

disk = Path(sys.argv[1])
store = Store(f"sqlite:///{disk / 'test.db'}", Secrets.load(None, disk / "secret.key"))
store.migrate()
store.save_fleet([SiteDraft(code="a", connection=ConnectionDraft(broker_host="127.0.0.1"))])
site_id = store.configurations()[0].site.id
spool = Spool(disk / "spool.jsonl")
told = {"refused": []}

def batch(number):
    loggers = tuple(
        DataloggerRecord(site_id, f"adaq/{n}", "S", total_heartbeats=number, raw_metadata={"x": "y" * 10_000})
        for n in range(20)
    )
    return Batch(devices=loggers, states=(ConnectionState(site_id, retry_count=number),), spool_number=number)

def known():
    memory = store.memory(site_id)
    return [memory.state.retry_count, *sorted({logger.total_heartbeats for logger in memory.dataloggers})]

store.write(batch(1))
spool.save(batch(1))
ballast = open(disk / "ballast", "wb", buffering=0)
try:
    while True:
        ballast.write(bytes(4096))
except OSError as error:
    assert error.errno == errno.ENOSPC
for call in (store.write, store.write, spool.save, spool.save):
    try:
        call(batch(2))
    except StoreUnavailable as unavailable:
        told["refused"].append(str(unavailable))
told["while full"] = [known(), spool.load() == batch(1)]
ballast.truncate(0)
store.write(batch(2))
spool.save(batch(2))
told["afterwards"] = [known(), spool.load() == batch(2)]
with store.database.connection_context():
    told["integrity"] = store.database.execute_sql("PRAGMA integrity_check").fetchone()[0]
print(json.dumps(told))
"""


def batch(site_id: int, number: int) -> Batch:
    """Make a batch that needs many pages, of which each part tells the number."""
    return Batch(
        devices=tuple(
            DataloggerRecord(site_id, f"adaq/{n}", "S", total_heartbeats=number, raw_metadata={"x": "y" * 10_000})
            for n in range(50)
        ),
        states=(ConnectionState(site_id, Status.CONNECTED, retry_count=number),),
        connection_logs=(ConnectionLogRecord(site_id, float(number), "INFO", "x" * 1_000, Status.CONNECTED),),
        deliveries=(DeliveryRecord(site_id, 0, number, ((number, number),)),),
        spool_number=number,
    )


def limit_pages(store: Store, pages: int) -> None:
    """Let the database file grow no further; the pool gives this connection again to whoever is next."""
    with store.database.connection_context():
        store.database.execute_sql(f"PRAGMA max_page_count = {pages}")


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_a_batch_for_which_there_is_no_room_is_not_in_the_database_until_there_is(
    store: Store, place: Place, site_id: int
) -> None:
    store.write(Batch(states=batch(site_id, 1).states))
    limit_pages(store, 1)  # as many as there are

    for _ in range(2):
        with pytest.raises(StoreUnavailable, match=FULL) as refused:
            store.write(batch(site_id, 2))
        assert place.url.removeprefix("sqlite:///") in str(refused.value)
        memory = store.memory(site_id)
        assert (memory.state.retry_count, memory.dataloggers, memory.deliveries) == (1, (), ())
        assert store.connection_logs(site_id, 10, 0)[0] == store.spool_number() == 0

    limit_pages(store, MANY_PAGES)
    written = store.write(batch(site_id, 2))
    memory = store.memory(site_id)
    assert (written.refused, len(written.device_ids)) == ((), 50)
    [delivery] = memory.deliveries
    assert (memory.state.retry_count, len(memory.dataloggers), delivery.marks) == (2, 50, ((2, 2),))
    assert store.connection_logs(site_id, 10, 0)[0] == 1


def test_a_disk_that_is_really_full_takes_neither_batch_nor_spool_and_damages_nothing(tmp_path: Path) -> None:
    [unshare] = require_binaries("util-linux", "unshare")
    namespace = [unshare, "--user", "--map-root-user", "--mount"]
    if subprocess.run([*namespace, "true"], capture_output=True, check=False).returncode:
        pytest.skip("the kernel gives us no mount namespace")
    command = [*namespace, "sh", "-c", ON_SMALL_DISK, "sh", str(tmp_path), sys.executable, FILL_AND_FREE]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert len(told["refused"]) == 4
    assert [FULL in words for words in told["refused"][:2]] == [True, True]
    assert ["No space left on device" in words for words in told["refused"][2:]] == [True, True]
    assert told["while full"] == [[1, 1], True]
    assert told["afterwards"] == [[2, 2], True]
    assert told["integrity"] == "ok"
