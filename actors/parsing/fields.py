"""The kinds of values that payload models share: liberal in how a value is written, strict in what it may be."""

import math
import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from ..device_time import TimeAbsurd, device_time
from .faults import FieldInvalid
from .parser import Context

SECONDS_A_DAY = 86_400
SHORTEST_INTERVAL = 0.1  # no count of misses could hold what is quicker
LONGEST_INTERVAL = 7 * SECONDS_A_DAY  # a device that is silent for longer is not being watched
LONGEST_UPTIME = 100 * 365 * SECONDS_A_DAY  # longer is a counter gone wrong

is_numeral = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?").fullmatch
as_days_and_clock = re.compile(
    r"((?P<days>\d{1,6}) days?, *)?(?P<hours>\d{1,6}):(?P<minutes>\d\d):(?P<seconds>\d\d(\.\d+)?)", re.ASCII
).fullmatch


def number(value: object) -> float | None:
    """Give the number that a JSON value is, as a number or a numeral; None if it is none. A boolean is none.

    What is beyond a float's range is infinite.
    """
    if type(value) is float:
        return value
    if type(value) is int or (type(value) is str and is_numeral(value)):
        try:
            return float(value)
        except OverflowError:
            return math.inf
    return None


def require_number(value: object) -> float:
    found = number(value)
    if found is None:
        raise ValueError("not a number")
    return found


def duration(value: object) -> float:
    """Give the seconds of a duration: a number, a numeral, or `14 days, 3:24:30`."""
    clock = as_days_and_clock(value) if isinstance(value, str) else None
    if clock is None:
        found = number(value)
        if found is None:
            raise ValueError("not a duration; seconds or `14 days, 3:24:30`")
        return found
    minutes = (int(clock["days"] or 0) * 24 + int(clock["hours"])) * 60 + int(clock["minutes"])
    return minutes * 60 + float(clock["seconds"])


# All of them finite: infinity is greater than any bound, and NaN is not there in a `document`.
Number = Annotated[float, BeforeValidator(require_number), Field(allow_inf_nan=False)]
Quantity = Annotated[Number, Field(ge=0)]
Share = Annotated[Number, Field(ge=0, le=100)]  # percent of a whole
Duration = Annotated[float, BeforeValidator(duration), Field(ge=0, le=LONGEST_UPTIME)]
Interval = Annotated[float, BeforeValidator(duration), Field(ge=SHORTEST_INTERVAL, le=LONGEST_INTERVAL)]

# A time as the device wrote it: only `read_time`, which is told the zone, can say whether it is one.
RawTime = Any


def read_time(path: str, raw: RawTime, context: Context) -> float | None:
    """Give epoch seconds, None if the device gave no time. Raises `FieldInvalid` for the field `path`."""
    try:
        return device_time(raw, context.zone, context.received_at)
    except TimeAbsurd as error:
        raise FieldInvalid(path, str(error)) from error


class Payload(BaseModel):
    """A JSON object from a device. Keys that no field names are kept, for the metadata."""

    model_config = ConfigDict(extra="allow", coerce_numbers_to_str=True)
