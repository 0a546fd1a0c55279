"""A server that keeps its sockets open and says nothing holds nobody for longer than the store is patient."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from servers.mariadb import Mariadb
from servers.place import Place
from servers.postgresql import Postgresql
from servers.process import wait_until
from sitewarden.store.database import Patience, StoreDatabase
from sitewarden.store.errors import StoreUnavailable
from sitewarden.store.secrets import Secrets
from sitewarden.store.store import Store

DEADLINE = 20.0  # seconds

# Whole seconds, for MariaDB counts in them.
SHORT = Patience(connect=2, answer=1, lock=1, pool=10)
# One who waits for the wrong thing here is not done before the deadline.
ONLY_TO_CONNECT = Patience(connect=1, answer=1000, lock=1, pool=10)
LONG_TO_CONNECT = Patience(connect=6, answer=1, lock=1, pool=10)

THREADS = 12

pytestmark = pytest.mark.parametrize("place", ["postgresql", "mariadb"], indirect=True)


@pytest.fixture
def open_store(place: Place, secrets: Secrets) -> Iterator[Callable[[Patience], Store]]:
    """Open migrated stores that are closed in the end: `open_store(patience)`."""
    stores = []

    def open_one(patience: Patience) -> Store:
        stores.append(Store(place.url, secrets, patience=patience))
        stores[-1].migrate()
        return stores[-1]

    yield open_one
    for store in stores:
        store.close()


@contextmanager
def frozen(server: Postgresql | Mariadb | None) -> Iterator[None]:
    assert server is not None
    server.freeze()
    try:
        yield
    finally:
        server.thaw()


class Askers:
    """Threads that ask at once, and whether each had an answer."""

    def __init__(self, count: int, ask: Callable[[], object]) -> None:
        self.ask = ask
        self.answered: list[bool] = []
        self.threads = [threading.Thread(target=self.run) for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def run(self) -> None:
        try:
            self.ask()
            self.answered.append(True)
        except StoreUnavailable:
            self.answered.append(False)

    def are_done(self) -> bool:
        return len(self.answered) == len(self.threads)

    def join(self) -> None:
        for thread in self.threads:
            thread.join()


def test_threads_do_not_queue_up_for_a_frozen_server(place: Place, open_store: Callable[[Patience], Store]) -> None:
    store = open_store(SHORT)
    store.ping()

    # More than one after another could be refused before the deadline.
    with frozen(place.server):
        askers = Askers(THREADS, store.ping)
        assert wait_until(askers.are_done, DEADLINE)
    askers.join()

    assert askers.answered == [False] * THREADS
    store.ping()


def test_a_server_that_takes_the_call_and_says_nothing_is_given_up_as_one_that_cannot_be_reached(
    place: Place, open_store: Callable[[Patience], Store]
) -> None:
    store = open_store(ONLY_TO_CONNECT)

    with frozen(place.server):
        askers = Askers(1, store.ping)
        assert wait_until(askers.are_done, DEADLINE)
    askers.join()

    assert askers.answered == [False]
    store.ping()


def test_of_threads_that_lose_their_connections_at_one_time_one_finds_out_for_all(
    place: Place, open_store: Callable[[Patience], Store]
) -> None:
    store = open_store(LONG_TO_CONNECT)
    all_are_connected = threading.Barrier(THREADS + 1)
    is_frozen = threading.Event()

    def ask() -> None:
        tries: list[int] = []

        def work(database: StoreDatabase) -> None:
            tries.append(1)
            if len(tries) == 1:
                all_are_connected.wait(DEADLINE)
                is_frozen.wait(DEADLINE)
            database.execute_sql("SELECT 1")

        store.transactions.read(work)

    askers = Askers(THREADS, ask)
    all_are_connected.wait(DEADLINE)
    with frozen(place.server):
        is_frozen.set()
        assert wait_until(askers.are_done, DEADLINE)
    askers.join()

    assert askers.answered == [False] * THREADS
    store.ping()
