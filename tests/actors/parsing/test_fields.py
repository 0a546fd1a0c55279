import math
from typing import Any

import pytest
from sitewarden.actors.parsing.fields import duration, number


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1.5, 1.5),
        (2, 2.0),
        ("1.5", 1.5),
        ("-3", -3.0),
        ("+.5e-2", 0.005),
        (10**400, math.inf),
        ("1e999", math.inf),
        (True, None),
        (None, None),
        ("", None),
        ("1,5", None),
        ("1_0", None),
        (" 1", None),
        ("nan", None),
        ("Infinity", None),
        ("0x10", None),
        ("٣", None),
        ([1.5], None),
    ],
)
def test_a_number_or_its_numeral_is_a_number_and_a_boolean_is_none(value: Any, expected: float | None) -> None:
    assert number(value) == expected


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (90, 90.0),
        ("90.5", 90.5),
        ("3:24:30", 12_270.0),
        ("14 days, 3:24:30", 1_221_870.0),
        ("1 day, 0:00:05.250000", 86_405.25),
        ("100:00:00", 360_000.0),
    ],
)
def test_a_duration_is_seconds_or_days_and_a_clock(value: Any, seconds: float) -> None:
    assert duration(value) == seconds


@pytest.mark.parametrize("value", ["soon", "14 days", "3:24", "", None, True, "-1 day, 23:59:59", "1:2:3"])
def test_what_is_no_duration_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        duration(value)
