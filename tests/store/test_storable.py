"""What is made storable is storable, and what already is stays as it is."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sitewarden.store.digests import digest_of
from sitewarden.store.storable import (
    Unstorable,
    json_text,
    storable_integer,
    storable_json,
    storable_number,
    storable_text,
)

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters()), inner, max_size=4),
    max_leaves=20,
)


@given(st.text(st.characters(exclude_categories=())), st.integers(0, 50))
def test_text_is_cut_and_encodable(text: str, limit: int) -> None:
    stored = storable_text(text, limit)

    assert len(stored) == min(len(text), limit)
    assert "\x00" not in stored.encode().decode()


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=50))
def test_good_text_is_not_touched(text: str) -> None:
    assert storable_text(text, 50) == text


@given(anything)
def test_any_json_reads_back_as_what_was_made_storable(value: Any) -> None:
    stored = storable_json(value)

    assert json.loads(json_text(stored)) == stored
    assert "\x00" not in json_text(stored)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_reads_back_as_the_same_bits(number: float) -> None:
    assert math.copysign(1, json.loads(json_text(number))) == math.copysign(1, number)
    assert json.loads(json_text(number)) == number == storable_number(number)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_says_that_nothing_is_known(number: float) -> None:
    assert storable_number(number) is None


def test_an_integer_of_64_bits_is_the_largest() -> None:
    assert storable_integer(2**63 - 1) == 2**63 - 1
    assert storable_integer(-(2**63)) == -(2**63)
    for number in (2**63, -(2**63) - 1):
        with pytest.raises(Unstorable, match="64 bits"):
            storable_integer(number)


def test_a_digest_keeps_apart_what_is_divided_differently() -> None:
    assert digest_of("a", "bc") != digest_of("ab", "c") != digest_of("abc")
    assert digest_of(1) != digest_of("1")
    assert len(digest_of("x" * 100_000)) == 64
