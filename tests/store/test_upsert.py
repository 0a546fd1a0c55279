"""Rows are divided into statements that no server refuses."""

import pytest
from sitewarden.store.records import ConnectionState
from sitewarden.store.reports import STATES, columns_of
from sitewarden.store.storable import Unstorable
from sitewarden.store.tables import ObservedConnection
from sitewarden.store.upsert import (
    ROWS_PER_STATEMENT,
    TEXT_PER_STATEMENT,
    Row,
    chunks,
    in_order,
    storable_row,
)


def row(text_length: int) -> Row[int]:
    return Row(0, {"a": "x" * text_length, "b": 1})


@pytest.mark.parametrize(
    ("lengths", "statements"),
    [
        ([], []),
        ([1], [1]),
        ([0] * ROWS_PER_STATEMENT, [ROWS_PER_STATEMENT]),
        ([0] * (ROWS_PER_STATEMENT + 1), [ROWS_PER_STATEMENT, 1]),
        ([TEXT_PER_STATEMENT, 1], [1, 1]),
        ([TEXT_PER_STATEMENT // 2] * 3, [2, 1]),
        ([2 * TEXT_PER_STATEMENT, 1, 1], [1, 2]),
    ],
)
def test_a_statement_is_bounded_in_rows_and_in_text(lengths: list[int], statements: list[int]) -> None:
    assert [len(chunk) for chunk in chunks([row(length) for length in lengths])] == statements


def test_of_two_rows_with_one_key_the_later_counts_and_all_are_in_order() -> None:
    columns = columns_of(ObservedConnection)
    states = [ConnectionState(site_id, retry_count=number) for number, site_id in enumerate([3, 1, 3, 2])]

    ordered = in_order(STATES, [storable_row(ObservedConnection, state, columns(state)) for state in states])

    assert [one.record for one in ordered] == [states[1], states[3], states[2]]


def test_a_value_that_a_column_needs_and_does_not_have_is_named() -> None:
    columns = {**columns_of(ObservedConnection)(ConnectionState(1)), "status": None}

    with pytest.raises(Unstorable, match="status"):
        storable_row(ObservedConnection, None, columns)
