"""A database that is gone or locked costs one clean error, and then it is as if nothing had been."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from servers.place import Place
from sitewarden.store.database import Patience, StoreDatabase
from sitewarden.store.errors import StoreUnavailable
from sitewarden.store.records import Batch, ConnectionState, Status
from sitewarden.store.secrets import Secrets
from sitewarden.store.store import Store

DEADLINE = 20.0  # seconds

# So that a test does not wait long for the store to give up; whole seconds, for MariaDB counts in them.
SHORT = Patience(connect=2, answer=1, lock=1, pool=10)

POOLED = 3

# How long another process keeps a lock that we wait for (seconds).
HELD = 0.3

HOLD_SQLITE_LOCK = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
"""


on_servers = pytest.mark.parametrize("place", ["postgresql", "mariadb"], indirect=True)


@pytest.fixture
def store(place: Place, secrets: Secrets) -> Iterator[Store]:
    """A migrated store that soon gives up."""
    store = Store(place.url, secrets, patience=SHORT)
    store.migrate()
    yield store
    store.close()


def batch(site_id: int, retry_count: int) -> Batch:
    return Batch(states=(ConnectionState(site_id, Status.CONNECTED, retry_count=retry_count),))


@contextmanager
def locked(place: Place, site_id: int) -> Iterator[None]:
    """Let somebody else hold a lock on what the store wants to write."""
    if place.kind == "sqlite":
        command = [sys.executable, "-c", HOLD_SQLITE_LOCK, place.url.removeprefix("sqlite:///")]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"locked\n"
            yield
            holder.kill()
        return
    assert place.server is not None
    name = place.url.rpartition("/")[2]
    with place.server.connect(name) as connection:
        cursor = connection.cursor()
        cursor.execute("BEGIN")
        cursor.execute(f"UPDATE observed_connection SET retry_count = 99 WHERE site_id = {site_id}")
        yield
        cursor.execute("ROLLBACK")


def test_a_lock_held_by_another_is_an_outage_and_then_the_same_batch_goes_through(
    store: Store, place: Place, site_id: int
) -> None:
    store.write(batch(site_id, 1))

    with locked(place, site_id):
        with pytest.raises(StoreUnavailable):
            store.write(batch(site_id, 2))
        assert store.memory(site_id).state.retry_count == 1  # who reads does not wait for who writes

    store.write(batch(site_id, 2))
    assert store.memory(site_id).state.retry_count == 2


@on_servers
@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_server_that_was_restarted_between_two_calls_is_not_even_noticed(
    store: Store, place: Place, site_id: int, end: str
) -> None:
    server = place.server
    assert server is not None
    store.write(batch(site_id, 1))
    fill_pool(store)

    getattr(server, end)()
    server.start()

    store.write(batch(site_id, 2))
    assert store.memory(site_id).state.retry_count == 2


@on_servers
def test_while_a_server_is_down_every_call_says_so_and_afterwards_none(
    store: Store, place: Place, site_id: int
) -> None:
    server = place.server
    assert server is not None
    store.ping()

    server.kill()
    try:
        for call in (store.ping, store.configurations, lambda: store.write(batch(site_id, 1))):
            with pytest.raises(StoreUnavailable):
                call()
    finally:
        server.start()

    store.write(batch(site_id, 1))


def test_threads_that_die_leave_no_connection_behind(store: Store) -> None:
    def open_descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))

    def one_after_another(calls: int, call: Callable[[], object]) -> None:
        for _ in range(calls):
            thread = threading.Thread(target=call)
            thread.start()
            thread.join()

    one_after_another(3, store.ping)
    before = open_descriptors()

    one_after_another(100, store.ping)

    assert open_descriptors() <= before


def test_more_threads_than_connections_wait_for_one(store: Store, site_id: int) -> None:
    failures: list[BaseException] = []

    def ask() -> None:
        try:
            for _ in range(3):
                store.memory(site_id)
        except BaseException as error:  # noqa: BLE001  # in a thread: shown by the assertion
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []


def test_an_error_in_the_middle_of_a_transaction_leaves_nothing_half_done(store: Store) -> None:
    class Interrupted(Exception):
        """Something of ours, half way."""

    def work(database: StoreDatabase) -> None:
        database.execute_sql("INSERT INTO installation (id, code) VALUES (7, 'halfdone')")
        raise Interrupted

    with pytest.raises(Interrupted):
        store.transactions.write(work)

    assert store.installation_id() != "halfdone"


@on_servers
def test_a_statement_that_takes_too_long_is_given_up(store: Store, place: Place) -> None:
    assert place.server is not None
    sleep = "SELECT pg_sleep(60)" if place.kind == "postgresql" else "SELECT SLEEP(60)"

    with pytest.raises(StoreUnavailable):
        store.transactions.read(lambda database: database.execute_sql(sleep).fetchall())

    store.ping()


@on_servers
def test_a_connection_killed_in_mid_transaction_is_replaced_and_the_work_done_again(store: Store, place: Place) -> None:
    assert place.server is not None
    tries: list[int] = []

    def work(database: StoreDatabase) -> None:
        tries.append(1)
        if len(tries) == 1:
            kill_others(place)
        database.execute_sql("INSERT INTO installation (id, code) VALUES (1, 'whole000')")

    store.transactions.write(work)

    assert len(tries) == 2
    assert store.installation_id() == "whole000"


@on_servers
@pytest.mark.usefixtures("store")
def test_of_two_transactions_in_a_deadlock_both_are_done_in_the_end(place: Place, secrets: Secrets) -> None:
    patient = Store(place.url, secrets)  # PostgreSQL looks for deadlocks only after a second
    both_hold_one = threading.Barrier(2)
    tries: list[str] = []
    ends: list[str] = []

    def transact(name: str, rows: tuple[int, int]) -> None:
        def work(database: StoreDatabase) -> None:
            is_first_try = name not in tries
            tries.append(name)
            for row in rows:
                database.execute_sql(f"UPDATE installation SET code = '{name}' WHERE id = {row}")
                if is_first_try and row == rows[0]:
                    both_hold_one.wait(DEADLINE)

        patient.transactions.write(work)
        ends.append(name)

    patient.transactions.write(
        lambda database: database.execute_sql("INSERT INTO installation (id, code) VALUES (1, ''), (2, '')")
    )
    threads = [threading.Thread(target=transact, args=end) for end in (("one", (1, 2)), ("two", (2, 1)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    patient.close()

    assert sorted(ends) == ["one", "two"]
    assert len(tries) > 2, "there was no deadlock"  # the second try may meet the other one again


def fill_pool(store: Store) -> None:
    """Leave several connections in the pool."""
    all_are_connected = threading.Barrier(POOLED)
    threads = [
        threading.Thread(target=store.transactions.read, args=(lambda _: all_are_connected.wait(DEADLINE),))
        for _ in range(POOLED)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def kill_others(place: Place) -> None:
    """End all connections to the test's database but our own."""
    assert place.server is not None
    name = place.url.rpartition("/")[2]
    with place.server.connect("postgres" if place.kind == "postgresql" else name) as connection:
        cursor = connection.cursor()
        if place.kind == "postgresql":
            cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
            return
        own = "SELECT CONNECTION_ID()"
        cursor.execute(f"SELECT id FROM information_schema.processlist WHERE db = %s AND id != ({own})", (name,))
        for (connection_id,) in cursor.fetchall():
            cursor.execute(f"KILL {connection_id}")


VISIT_SQLITE = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
print(database.execute("SELECT count(*) FROM site").fetchone()[0])
database.close()
"""


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_a_process_that_comes_and_goes_does_not_take_our_write_ahead_log_along(place: Place, store: Store) -> None:
    """SQLite's locks are the process's: one file descriptor closed too many, and the visitor thinks we have gone."""
    file = place.url.removeprefix("sqlite:///")
    threads = [threading.Thread(target=store.ping) for _ in range(POOLED)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for _ in range(2):
        subprocess.run([sys.executable, "-c", VISIT_SQLITE, file], check=True, capture_output=True)
        store.ping()
        assert os.path.exists(f"{file}-wal")


def test_a_file_that_another_process_is_about_to_turn_to_wal_is_waited_for(tmp_path: Path, secrets: Secrets) -> None:
    """SQLite refuses the second of two that turn a new file to WAL at once, and does not heed the busy timeout."""
    file = tmp_path / "test.db"
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD_SQLITE_LOCK, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdout is not None
    assert other.stdout.readline() == b"locked\n"
    release = threading.Timer(HELD, other.communicate)
    release.start()

    store = Store(f"sqlite:///{file}", secrets)
    assert store.migrate()
    release.join()
    store.close()
