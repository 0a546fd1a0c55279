"""The spool's writer keeps the newest batch, and no error ends it."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.process import wait_until
from sitewarden.store.errors import StoreUnavailable, WriterFull
from sitewarden.store.records import Batch, ConnectionState, DataloggerRecord
from sitewarden.store.spool import Spool, SpoolWriter

DEADLINE = 20.0  # seconds


def batch(number: int) -> Batch:
    return Batch(states=(ConnectionState(1, retry_count=number),), spool_number=number)


class SlowSpool(Spool):
    """A spool whose disk takes its time: a save goes on when it may."""

    def __init__(self, file: Path) -> None:
        super().__init__(file)
        self.begun: list[int] = []
        self.may_go_on = threading.Event()

    def save(self, batch: Batch) -> None:
        self.begun.append(batch.spool_number)
        self.may_go_on.wait(DEADLINE)
        super().save(batch)


class Reports:
    """What a spool's writer has reported: the number of each batch and what became of it."""

    def __init__(self) -> None:
        self.received: list[tuple[int, StoreUnavailable | None]] = []

    def __call__(self, batch: Batch, outcome: StoreUnavailable | None) -> None:
        self.received.append((batch.spool_number, outcome))


@pytest.fixture
def slow_spool(tmp_path: Path) -> SlowSpool:
    return SlowSpool(tmp_path / "spool.jsonl")


@pytest.fixture
def reports() -> Reports:
    return Reports()


@pytest.fixture
def writer(slow_spool: SlowSpool, reports: Reports) -> Iterator[SpoolWriter]:
    writer = SpoolWriter(slow_spool, reports)
    writer.start()
    yield writer
    slow_spool.may_go_on.set()
    assert writer.stop(DEADLINE)


def test_of_the_batches_that_wait_only_the_newest_is_kept(
    writer: SpoolWriter, slow_spool: SlowSpool, reports: Reports
) -> None:
    writer.submit(batch(1))
    assert wait_until(lambda: slow_spool.begun == [1], DEADLINE)
    for number in (2, 3, 4):
        writer.submit(batch(number))
    slow_spool.may_go_on.set()

    assert wait_until(lambda: len(reports.received) == 2, DEADLINE)
    assert reports.received == [(1, None), (4, None)]
    assert slow_spool.load() == batch(4)


def test_clearing_comes_after_the_saves_before_it(writer: SpoolWriter, slow_spool: SlowSpool, reports: Reports) -> None:
    writer.submit(batch(1))
    assert wait_until(lambda: slow_spool.begun == [1], DEADLINE)
    writer.submit(batch(2))
    writer.clear()
    slow_spool.may_go_on.set()

    assert writer.stop(DEADLINE)
    assert reports.received == [(1, None), (2, None)]
    assert slow_spool.load() is None


def test_a_batch_that_comes_after_clearing_stays(writer: SpoolWriter, slow_spool: SlowSpool, reports: Reports) -> None:
    writer.submit(batch(1))
    assert wait_until(lambda: slow_spool.begun == [1], DEADLINE)
    writer.clear()
    writer.submit(batch(2))
    slow_spool.may_go_on.set()

    assert writer.stop(DEADLINE)
    assert reports.received == [(1, None), (2, None)]
    assert slow_spool.load() == batch(2)


def test_a_save_that_fails_is_reported_and_the_next_goes_through(
    writer: SpoolWriter, slow_spool: SlowSpool, reports: Reports
) -> None:
    slow_spool.may_go_on.set()
    slow_spool.unfinished.mkdir()
    writer.submit(batch(1))
    assert wait_until(lambda: len(reports.received) == 1, DEADLINE)
    slow_spool.unfinished.rmdir()
    writer.submit(batch(2))

    assert wait_until(lambda: len(reports.received) == 2, DEADLINE)
    (_, failure), (_, success) = reports.received
    assert "cannot be written" in str(failure)
    assert success is None


def test_even_a_batch_that_no_json_holds_is_reported(
    writer: SpoolWriter, slow_spool: SlowSpool, reports: Reports
) -> None:
    slow_spool.may_go_on.set()
    nonsense = DataloggerRecord(1, "monstro/1", "S", raw_metadata={"a": object()})
    writer.submit(Batch(devices=(nonsense,), spool_number=1))
    assert wait_until(lambda: len(reports.received) == 1, DEADLINE)
    writer.submit(batch(2))

    assert wait_until(lambda: len(reports.received) == 2, DEADLINE)
    assert isinstance(reports.received[0][1], StoreUnavailable)
    assert reports.received[1] == (2, None)


def test_stopping_keeps_what_was_submitted_and_takes_no_more(
    writer: SpoolWriter, slow_spool: SlowSpool, reports: Reports
) -> None:
    writer.submit(batch(1))
    assert not writer.stop(0.01)

    slow_spool.may_go_on.set()
    assert writer.stop(DEADLINE)
    assert reports.received == [(1, None)]
    assert slow_spool.load() == batch(1)
    with pytest.raises(WriterFull):
        writer.submit(batch(2))
