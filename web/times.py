"""Times as answers show them: ISO 8601 in UTC, ending in `Z`."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator


def from_epoch(value: Any) -> Any:
    """Turn epoch seconds, as records have them, into an aware time."""
    return datetime.fromtimestamp(value, UTC) if isinstance(value, int | float) else value


# Without this pydantic would take a large number of seconds for milliseconds.
Time = Annotated[datetime, BeforeValidator(from_epoch)]
