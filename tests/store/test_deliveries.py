"""Which messages are counted, which may be missing, which spool is written: in one commit with what they changed."""

import pytest
from sitewarden.store.errors import StoreUnavailable
from sitewarden.store.records import Batch, ConnectionState, DeliveryRecord, GapRecord, Mark, Status
from sitewarden.store.store import Store

LARGEST: Mark = (2**16 - 1, 2**32 - 1)


def delivery(site_id: int, *marks: Mark, part: int = 0) -> DeliveryRecord:
    return DeliveryRecord(site_id, part, 100 * part + 1, marks)


def test_marks_come_back_in_their_order_and_replace_those_before_of_their_part(store: Store, site_id: int) -> None:
    many = tuple((number % 65_536, number * 2_654_435_761 % 2**32) for number in range(2_000))
    assert store.memory(site_id).deliveries == ()

    first, second = delivery(site_id, *many), delivery(site_id, LARGEST, part=1)
    store.write(Batch(deliveries=(first, second)))
    assert store.memory(site_id).deliveries == (first, second)

    newer = delivery(site_id, LARGEST, (0, 0))._replace(first_number=9_000)
    store.write(Batch(deliveries=(newer,)))
    assert sorted(store.memory(site_id).deliveries) == [newer, second]


@pytest.mark.parametrize("mark", [(2**16, 0), (0, 2**32), (-1, 0)])
def test_what_is_no_mark_is_refused_and_the_marks_before_stay(store: Store, site_id: int, mark: Mark) -> None:
    store.write(Batch(deliveries=(delivery(site_id, LARGEST),)))
    wrong = delivery(site_id, mark)

    written = store.write(Batch(deliveries=(wrong,)))

    assert [record for record, _ in written.refused] == [wrong]
    assert store.memory(site_id).deliveries == (delivery(site_id, LARGEST),)


def test_gaps_come_newest_first_and_page_by_page(store: Store, site_id: int) -> None:
    gaps = tuple(GapRecord(site_id, float(at), at + 0.5, f"session lost {at}") for at in range(4))
    store.write(Batch(gaps=gaps))

    total, page = store.gaps(site_id, limit=2, offset=1)

    assert total == 4
    assert [gap._replace(id=None) for gap in page] == [gaps[2], gaps[1]]
    assert store.gaps(site_id + 1, 10, 0) == (0, [])


def test_the_number_of_the_newest_written_spool_is_kept(store: Store) -> None:
    assert store.spool_number() == 0

    store.write(Batch(spool_number=7))
    assert store.spool_number() == 7

    store.write(Batch())
    assert store.spool_number() == 7

    store.write(Batch(spool_number=8))
    assert store.spool_number() == 8


def test_what_a_batch_counts_is_in_the_database_with_its_marks_or_not_at_all(store: Store, site_id: int) -> None:
    """The site's row is written before the table that is missing, and is taken back."""
    state = ConnectionState(site_id, Status.CONNECTED)
    batch = Batch(states=(state,), deliveries=(delivery(site_id, LARGEST),), spool_number=3)
    rename(store, "written_spool", "hidden")

    with pytest.raises(StoreUnavailable, match="written_spool"):
        store.write(batch)
    assert store.memory(site_id).state == ConnectionState(site_id)
    assert store.memory(site_id).deliveries == ()

    rename(store, "hidden", "written_spool")
    store.write(batch)
    memory = store.memory(site_id)
    assert (memory.state, memory.deliveries, store.spool_number()) == (state, batch.deliveries, 3)


def rename(store: Store, table: str, name: str) -> None:
    with store.database.connection_context():
        store.database.execute_sql(f"ALTER TABLE {table} RENAME TO {name}")
