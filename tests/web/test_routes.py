"""Which parts of an address are the number of a row."""

import pytest
from sitewarden.web.routes import RowId


@pytest.mark.parametrize(("text", "id"), [("1", 1), ("42", 42), ("2147483647", 2_147_483_647)])
def test_a_positive_number_is_an_id(text: str, id: int) -> None:
    assert RowId().convert(text) == id


@pytest.mark.parametrize(
    "text", ["0", "01", "-1", "+1", "1_0", " 1", "1 ", "1.0", "", "\u0661", "x", "2147483648", "9" * 5000]
)
def test_each_row_has_one_address_only(text: str) -> None:
    assert RowId().convert(text) is None
