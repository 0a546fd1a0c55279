"""What every one of the three databases takes and gives back unchanged: decided here, used by `fields.py`.

PostgreSQL refuses NUL in text, all drivers refuse a lone surrogate, SQLite stores NaN as NULL and MariaDB refuses it,
and one refused value fails a whole batch: so none of them gets that far.
"""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
UNSTORABLE_CHARACTERS = re.compile("[\x00\ud800-\udfff]")
UNSTORABLE_IN_JSON = re.compile(r"\\u0000|[\ud800-\udfff]")

# The range of a 64-bit integer column.
SMALLEST_INTEGER = -(2**63)
LARGEST_INTEGER = 2**63 - 1


class Unstorable(ValueError):
    """A value that no column of its kind can hold, where leaving it out would change what the record says."""


def storable_text(text: str, limit: int) -> str:
    """Replace what cannot be stored and cut to `limit` characters."""
    return UNSTORABLE_CHARACTERS.sub(REPLACEMENT, text[:limit])


def storable_integer(number: int) -> int:
    """Return the number; raises `Unstorable` if it needs more than 64 bits."""
    if not SMALLEST_INTEGER <= number <= LARGEST_INTEGER:
        raise Unstorable(f"{number} does not fit in 64 bits")
    return number


def storable_number(number: float) -> float | None:
    """Return the number, or None for NaN and the infinities: they say that nothing is known."""
    return number if math.isfinite(number) else None


def storable_json(value: Any) -> Any:
    """Return a copy of a JSON value: text as in `storable_text`, NaN and the infinities as null."""
    match value:
        case str():
            return UNSTORABLE_CHARACTERS.sub(REPLACEMENT, value)
        case float():
            return storable_number(value)
        case Mapping():
            return {
                UNSTORABLE_CHARACTERS.sub(REPLACEMENT, str(key)): storable_json(item) for key, item in value.items()
            }
        case list() | tuple():
            return [storable_json(item) for item in value]
        case _:
            return value


def json_text(value: Any) -> str:
    """Return a JSON value as compact text, made storable where it is not.

    A float is written with as many digits as it takes to read the same float again.
    """
    try:
        text = dump(value)
    except (TypeError, ValueError):  # a mapping that is no dict, a number that is none
        return dump(storable_json(value))
    # Copying every value to look into it takes longer than all the rest.
    return dump(storable_json(value)) if UNSTORABLE_IN_JSON.search(text) else text


def dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
