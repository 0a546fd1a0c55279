import math
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sitewarden.actors.device_time import EARLIEST, LATEST, TimeAbsurd, device_time

# How long an example takes says how busy the machine is, not whether the code is right.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

ROME = ZoneInfo("Europe/Rome")
NOON = datetime(2025, 10, 14, 12, tzinfo=UTC).timestamp()


def utc(*parts: int) -> float:
    return datetime(*parts, tzinfo=UTC).timestamp()  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("raw", "zone", "expected"),
    [
        ("2025-10-14 13:57:16.288000", UTC, utc(2025, 10, 14, 13, 57, 16, 288000)),
        ("2025-10-14T13:57:16", UTC, utc(2025, 10, 14, 13, 57, 16)),
        ("2025-10-14 13:57", UTC, utc(2025, 10, 14, 13, 57)),
        ("2025-10-14 13:57:16", ROME, utc(2025, 10, 14, 11, 57, 16)),
        ("2025-01-14 13:57:16", ROME, utc(2025, 1, 14, 12, 57, 16)),
        ("2025-10-14 13:57:16", timezone(timedelta(hours=-5)), utc(2025, 10, 14, 18, 57, 16)),
        ("2025-10-14T13:57:16Z", ROME, utc(2025, 10, 14, 13, 57, 16)),
        ("2025-10-14T13:57:16.5+02:00", UTC, utc(2025, 10, 14, 11, 57, 16, 500000)),
        (1760450236, UTC, 1760450236.0),
        (1760450236.25, UTC, 1760450236.25),
        (1760450236250, UTC, 1760450236.25),
        ("1760450236", ROME, 1760450236.0),
        ("1760450236250", UTC, 1760450236.25),
        (0, UTC, 0.0),
        (20_000_000_000, UTC, None),  # as seconds the year 2603: a guess at milliseconds would say 1970
    ],
)
def test_each_form_that_is_met_in_the_field_is_read(raw: Any, zone: tzinfo, expected: float | None) -> None:
    if expected is None:
        with pytest.raises(TimeAbsurd):
            device_time(raw, zone, NOON)
    else:
        assert device_time(raw, zone, NOON) == expected


def test_no_time_is_no_time() -> None:
    assert device_time(None, UTC, NOON) is None


@pytest.mark.parametrize("is_first", [True, False])
def test_in_the_hour_that_comes_twice_the_reading_nearest_to_the_receipt_is_taken(is_first: bool) -> None:
    meant = utc(2025, 10, 26, 0, 30) if is_first else utc(2025, 10, 26, 1, 30)
    assert device_time("2025-10-26 02:30:00", ROME, meant + 5) == meant


@pytest.mark.parametrize("meant", [utc(2025, 3, 30, 0, 30), utc(2025, 3, 30, 1, 30)])
def test_in_the_hour_that_is_skipped_the_reading_nearest_to_the_receipt_is_taken(meant: float) -> None:
    assert device_time("2025-03-30 02:30:00", ROME, meant + 5) == meant


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("", "not a time"),
        ("soon", "not a time"),
        ("2025-10-14", "not a time"),
        ("20251014T135716", "not a time"),
        ("2025-W42-2T13:57:16", "not a time"),
        ("2025-02-30 13:57:16", "not a time"),
        ("2025-10-14 25:00:00", "not a time"),
        ("2025-10-14 13:57:16 ", "not a time"),
        ("2025-10-14x13:57:16", "not a time"),
        ("٢٠٢٥-10-14 13:57:16", "not a time"),
        ("NaN", "not a time"),
        ("1e9", "not a time"),
        ("-1", "not a time"),
        (True, "not a time"),
        ([1760450236], "not a time"),
        ({}, "not a time"),
        (math.nan, "not a time"),
        (math.inf, "after the year 2200"),
        (-math.inf, "before 1970-01-01"),
        (-0.5, "before 1970-01-01"),
        (-(10**400), "before 1970-01-01"),
        (10**400, "after the year 2200"),
        (1760450236250000, "after the year 2200"),  # microseconds
        ("1969-12-31 23:59:59", "before 1970-01-01"),
        ("0001-01-01 00:00:00+14:00", "before 1970-01-01"),
        ("2201-01-01 00:00:00", "after the year 2200"),
        ("9999-12-31 23:59:59-14:00", "after the year 2200"),
    ],
)
def test_what_is_no_time_or_an_absurd_one_is_refused_in_words(raw: Any, reason: str) -> None:
    with pytest.raises(TimeAbsurd, match=f"^{reason}$"):
        device_time(raw, UTC, NOON)


# Liberia was the last to change its clocks at an odd minute, in January 1972.
@unhurried
@given(st.datetimes(datetime(1973, 1, 1), datetime(2200, 12, 30)), st.timezones(), st.floats(EARLIEST, LATEST))
def test_a_local_time_is_the_moment_nearest_to_the_receipt_that_its_zone_shows_so(
    moment: datetime, zone: tzinfo, received_at: float
) -> None:
    candidates = [moment.replace(tzinfo=zone, fold=fold).timestamp() for fold in (0, 1)]
    nearest = min(candidates, key=lambda candidate: abs(candidate - received_at))
    seconds = device_time(moment.isoformat(" ", "microseconds"), zone, received_at)
    assert seconds == pytest.approx(nearest, rel=0, abs=1e-5)


anything = st.one_of(
    st.none(), st.text(), st.integers(), st.floats(), st.booleans(), st.datetimes().map(str), st.integers().map(str)
)


@unhurried
@given(anything, st.sampled_from([UTC, ROME, ZoneInfo("America/St_Johns")]))
def test_whatever_comes_is_a_time_within_bounds_or_refused(raw: Any, zone: tzinfo) -> None:
    try:
        seconds = device_time(raw, zone, NOON)
    except TimeAbsurd:
        return
    assert seconds is None or EARLIEST <= seconds < LATEST
