"""What a device's clock said, as epoch seconds (row D6).

A time is text in ISO 8601 with a date and at least hours and minutes (`2025-10-14 13:57:16.288000`, with a space or
a `T`, without a zone, with `Z` or with an offset), or epoch seconds or milliseconds as a number or as its numeral.
No other form that `datetime` would take (a date alone, week dates, digits without separators) is a time here: what
a device meant by `20251014` is a guess.
"""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

EARLIEST = 0.0
LATEST = datetime(2201, 1, 1, tzinfo=UTC).timestamp()

# Epoch numbers from here on are milliseconds: as seconds they lie in the year 5138, as milliseconds in March 1973,
# and no device of ours means either.
SMALLEST_MILLISECONDS = 1e11

EPOCH_NAIVE = datetime(1970, 1, 1)  # to be taken from naive times that are UTC
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

QUARTER_HOUR = 900  # seconds

SHORTEST_ISO = len("2025-10-14 13:57")
NUMERAL = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?").fullmatch


class TimeAbsurd(ValueError):
    """What a device gave as a time is none, or lies before 1970 or after the year 2200. The text holds no value."""


def device_time(raw: str | int | float | None, zone: tzinfo, received_at: float) -> float | None:
    """Read a device's time, in epoch seconds; None if it gave none.

    A time without a zone is read in `zone` (`datetime.UTC` is quicker than `ZoneInfo("UTC")`). Where a change of the
    clocks makes it two moments or none, it is the candidate nearest to `received_at` (epoch seconds).
    Raises `TimeAbsurd`.
    """
    if raw is None:
        return None
    seconds = read_text(raw, zone, received_at) if isinstance(raw, str) else read_number(raw)
    if EARLIEST <= seconds < LATEST:
        return seconds
    raise TimeAbsurd("before 1970-01-01" if seconds < EARLIEST else "after the year 2200")


def read_text(text: str, zone: tzinfo, received_at: float) -> float:
    """Read ISO 8601 or an epoch numeral."""
    if len(text) < SHORTEST_ISO or text[10] not in " T" or text[7] != "-" or text[13] != ":":
        if NUMERAL(text):
            return read_number(float(text))
        raise TimeAbsurd("not a time")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise TimeAbsurd("not a time") from error
    if moment.tzinfo is not None:
        return (moment - EPOCH).total_seconds()
    if zone is UTC:
        return (moment - EPOCH_NAIVE).total_seconds()
    return read_local(moment, zone, received_at)


def read_local(moment: datetime, zone: tzinfo, received_at: float) -> float:
    """Read a naive time in a zone that may change its clocks.

    In the hour that comes twice both readings exist. In the hour that is skipped neither does: the device has not
    changed its clock yet, or changed it early. Either way the time of receipt tells best which was meant.
    """
    wall = (moment - EPOCH_NAIVE).total_seconds()
    early, late = offsets(zone, int(wall // QUARTER_HOUR))
    if early == late:
        return wall - early
    return min(wall - early, wall - late, key=lambda candidate: abs(candidate - received_at))


@lru_cache(maxsize=1024)  # asking a zone costs six times the rest, and messages come in the order of time
def offsets(zone: tzinfo, quarter: int) -> tuple[float, float]:
    """Give the offsets from UTC, in seconds, that a local quarter of an hour may have; most often they are equal.

    `quarter` counts from 1970-01-01. Zones have changed their clocks on whole quarters only since 1972.
    """
    local = EPOCH_NAIVE + timedelta(seconds=quarter * QUARTER_HOUR)
    candidates = (local.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    early, late = (offset.total_seconds() if offset is not None else 0.0 for offset in candidates)
    return early, late


def read_number(number: float) -> float:
    """Read epoch seconds or, from `SMALLEST_MILLISECONDS` on, milliseconds."""
    if isinstance(number, bool) or not isinstance(number, int | float) or number != number:
        raise TimeAbsurd("not a time")
    if number < SMALLEST_MILLISECONDS:
        # A huge negative integer would not fit a float; any negative number is refused alike.
        return float(max(number, -1))
    return number / 1000 if number < LATEST * 1000 else LATEST
