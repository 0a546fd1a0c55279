"""What a route is: an address, and the resource that answers there."""

from typing import NamedTuple

from falcon.routing import BaseConverter

from .paging import LARGEST_ID

DIGITS_OF_LARGEST_ID = len(str(LARGEST_ID))


class Route(NamedTuple):
    """An address as clients know it, closing slash included, and who answers; `suffix` as falcon means it."""

    path: str
    resource: object
    suffix: str | None = None


class RowId(BaseConverter):
    """A row's number in an address. Falcon's own takes `+1`, `1_0` and other digits too: many names for one thing."""

    def convert(self, value: str) -> int | None:
        if not (value.isascii() and value.isdigit()) or value.startswith("0") or len(value) > DIGITS_OF_LARGEST_ID:
            return None
        id = int(value)
        return id if id <= LARGEST_ID else None
