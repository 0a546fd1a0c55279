"""The writer thread reports every batch, and no error ends it."""

import threading
from collections.abc import Iterator

import pytest
from servers.process import wait_until
from sitewarden.store.errors import StoreUnavailable, WriterFull
from sitewarden.store.records import Batch, BatchWritten, ConnectionState
from sitewarden.store.store import Store
from sitewarden.store.writer import QUEUE_SIZE, Writer

DEADLINE = 20.0  # seconds


class Reports:
    """What a writer has reported; holds it up while `may_go_on` is not set."""

    def __init__(self) -> None:
        self.received: list[tuple[Batch, BatchWritten | StoreUnavailable]] = []
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def __call__(self, batch: Batch, outcome: BatchWritten | StoreUnavailable) -> None:
        self.received.append((batch, outcome))
        self.may_go_on.wait(DEADLINE)


@pytest.fixture
def reports() -> Reports:
    return Reports()


@pytest.fixture
def writer(store: Store, reports: Reports) -> Iterator[Writer]:
    writer = Writer(store, reports)
    writer.start()
    yield writer
    reports.may_go_on.set()
    writer.stop(DEADLINE)


def batch(site_id: int, retry_count: int) -> Batch:
    return Batch(states=(ConnectionState(site_id, retry_count=retry_count),))


def test_batches_are_written_in_order_and_reported(
    store: Store, site_id: int, writer: Writer, reports: Reports
) -> None:
    batches = [batch(site_id, number) for number in range(QUEUE_SIZE)]
    for one in batches:
        writer.submit(one)

    assert wait_until(lambda: len(reports.received) == len(batches), DEADLINE)
    assert reports.received == [(one, BatchWritten()) for one in batches]
    assert store.memory(site_id).state.retry_count == QUEUE_SIZE - 1


def test_stopping_writes_what_was_submitted_and_takes_no_more(
    store: Store, site_id: int, writer: Writer, reports: Reports
) -> None:
    for number in range(3):
        writer.submit(batch(site_id, number))

    assert writer.stop(DEADLINE)

    assert len(reports.received) == 3
    assert store.memory(site_id).state.retry_count == 2
    with pytest.raises(WriterFull, match="stopping"):
        writer.submit(batch(site_id, 4))
    assert writer.stop(DEADLINE)


def test_the_queue_is_bounded(site_id: int, writer: Writer, reports: Reports) -> None:
    reports.may_go_on.clear()
    writer.submit(batch(site_id, 0))
    assert wait_until(lambda: len(reports.received) == 1, DEADLINE)
    for number in range(QUEUE_SIZE):
        writer.submit(batch(site_id, number))

    with pytest.raises(WriterFull, match=str(QUEUE_SIZE)):
        writer.submit(batch(site_id, 9))
    assert not writer.stop(0.01)

    reports.may_go_on.set()
    assert writer.stop(DEADLINE)
    assert len(reports.received) == 1 + QUEUE_SIZE


def test_an_outage_is_reported_and_the_next_batch_is_written(
    store: Store, site_id: int, writer: Writer, reports: Reports
) -> None:
    with store.database.connection_context():
        store.database.execute_sql("ALTER TABLE observed_connection RENAME TO hidden")
    writer.submit(batch(site_id, 1))
    assert wait_until(lambda: len(reports.received) == 1, DEADLINE)
    assert isinstance(reports.received[0][1], StoreUnavailable)

    with store.database.connection_context():
        store.database.execute_sql("ALTER TABLE hidden RENAME TO observed_connection")
    writer.submit(batch(site_id, 2))

    assert wait_until(lambda: len(reports.received) == 2, DEADLINE)
    assert store.memory(site_id).state.retry_count == 2


def test_even_a_batch_that_is_nonsense_is_reported(site_id: int, writer: Writer, reports: Reports) -> None:
    nonsense = Batch(states=("not a state",))  # type: ignore[arg-type]
    writer.submit(nonsense)
    writer.submit(batch(site_id, 1))

    assert wait_until(lambda: len(reports.received) == 2, DEADLINE)
    assert reports.received[0][0] == nonsense
    assert isinstance(reports.received[0][1], StoreUnavailable)
    assert reports.received[1][1] == BatchWritten()
