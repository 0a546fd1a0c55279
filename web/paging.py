"""Pages of lists, and their order."""

import math
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

import falcon
from pydantic import BaseModel, ConfigDict, Field

DEFAULT_PAGE_SIZE = 100
LARGEST_PAGE_SIZE = 1_000
LAST_PAGE = 1_000_000  # so that a row's number fits into what databases count with

# What the databases number rows with (32 bits, signed).
LARGEST_ID = 2**31 - 1

# Characters; as long as the longest label.
LONGEST_SEARCH = 255

View = TypeVar("View", bound=BaseModel)
AnyPage = TypeVar("AnyPage", bound="Page[Any]")
Item = TypeVar("Item")


class Query(BaseModel):
    """What may stand behind the question mark; anything else is refused by its name."""

    model_config = ConfigDict(extra="forbid")


class PageQuery(Query):
    """Which part of a list."""

    page: int = Field(1, ge=1, le=LAST_PAGE)
    page_size: int = Field(DEFAULT_PAGE_SIZE, ge=1, le=LARGEST_PAGE_SIZE)

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.page_size


class Page(BaseModel, Generic[View]):
    """Part of a list. `count` is of the whole list; `next` and `previous` are addresses on this server."""

    count: int
    next: str | None
    previous: str | None
    results: list[View]


def paged(
    page: type[AnyPage], request: falcon.Request, query: PageQuery, items: Sequence[Item], view: Callable[[Item], Any]
) -> AnyPage:
    """Cut the asked page out of all `items`."""
    shown = items[query.offset : query.offset + query.page_size]
    return page_of(page, request, query, len(items), [view(item) for item in shown])


def page_of(
    page: type[AnyPage], request: falcon.Request, query: PageQuery, count: int, results: Sequence[Any]
) -> AnyPage:
    """Make the asked page, whose `results` were cut out of `count` items already."""
    last = max(1, math.ceil(count / query.page_size))

    def link(number: int) -> str:
        # Without host: what the client calls us is its business and, in a header, its invention.
        return f"{request.path}/?{urlencode({**request.params, 'page': number})}"

    return page(
        count=count,
        next=link(query.page + 1) if query.page < last else None,
        previous=link(min(query.page - 1, last)) if query.page > 1 else None,
        results=results,
    )


def in_order(items: Sequence[Item], ordering: str, value: Callable[[Item, str], Any] = getattr) -> list[Item]:
    """Sort by the field that `ordering` names, backwards behind `-`; items without a value come last either way."""
    field = ordering.removeprefix("-")
    there = [item for item in items if value(item, field) is not None]
    there.sort(key=lambda item: value(item, field), reverse=ordering.startswith("-"))
    return there + [item for item in items if value(item, field) is None]
