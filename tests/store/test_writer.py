"""The writer thread reports every batch, and no error ends it."""

import logging
import threading
from collections.abc import Iterator

import pytest
from servers.process import wait_until
from sitewarden.store.errors import StoreUnavailable, WriterFull
from sitewarden.store.records import Batch, BatchWritten, ConnectionLogRecord, ConnectionState, Status
from sitewarden.store.retention import ROWS_PER_TRANSACTION
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


def lines(site_id: int, count: int) -> Batch:
    return Batch(
        connection_logs=tuple(
            ConnectionLogRecord(site_id, float(at), "INFO", "", Status.CONNECTED) for at in range(count)
        )
    )


def test_the_logs_are_pruned_to_the_end_and_batches_go_first(
    store: Store, site_id: int, writer: Writer, reports: Reports, caplog: pytest.LogCaptureFixture
) -> None:
    count = 2 * ROWS_PER_TRANSACTION + 1
    store.write(lines(site_id, count))
    # What the writer does is held up after the first batch, so that all that follows is in its queue.
    reports.may_go_on.clear()
    writer.submit(batch(site_id, 1))
    assert wait_until(lambda: len(reports.received) == 1, DEADLINE)
    writer.prune(now=float(count), oldest_age=1.0, most_rows=count)
    writer.submit(Batch(parsing_logs=()))
    left_at_second_batch: list[int] = []

    class Counting(Reports):
        """Counts what is left while the second batch is reported: the writer's thread is here, and deletes nothing."""

        def __call__(self, one: Batch, outcome: BatchWritten | StoreUnavailable) -> None:
            left_at_second_batch.append(store.connection_logs(site_id, 1, 0)[0])

    writer.report = Counting()
    with caplog.at_level(logging.INFO):
        reports.may_go_on.set()
        assert wait_until(lambda: f"pruned {count - 1} lines" in caplog.text, DEADLINE)

    assert left_at_second_batch == [count - ROWS_PER_TRANSACTION]
    assert store.connection_logs(site_id, 1, 0)[0] == 1


def test_stopping_does_not_wait_until_everything_is_pruned(
    store: Store, site_id: int, writer: Writer, reports: Reports
) -> None:
    count = 2 * ROWS_PER_TRANSACTION + 1
    store.write(lines(site_id, count))
    reports.may_go_on.clear()
    writer.submit(batch(site_id, 1))
    assert wait_until(lambda: len(reports.received) == 1, DEADLINE)
    writer.prune(now=float(count), oldest_age=1.0, most_rows=count)
    assert not writer.stop(0.01)
    reports.may_go_on.set()

    assert writer.stop(DEADLINE)
    assert store.connection_logs(site_id, 1, 0)[0] == count - ROWS_PER_TRANSACTION
    with pytest.raises(WriterFull):
        writer.prune(now=0.0, oldest_age=1.0, most_rows=1)


def test_a_database_that_does_not_let_itself_be_pruned_ends_nothing(
    store: Store, site_id: int, writer: Writer, reports: Reports, caplog: pytest.LogCaptureFixture
) -> None:
    with store.database.connection_context():
        store.database.execute_sql("ALTER TABLE gap RENAME TO hidden")
    writer.prune(now=0.0, oldest_age=1.0, most_rows=1)
    writer.submit(batch(site_id, 1))

    assert wait_until(lambda: len(reports.received) == 1, DEADLINE)
    assert reports.received[0][1] == BatchWritten()
    assert "the logs are not pruned" in caplog.text
