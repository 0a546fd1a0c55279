"""Times for which messages of a site may be missing (row C10)."""

from typing import Literal

import falcon
from pydantic import BaseModel, ConfigDict, Field

from ..store.store import Store
from .access import caller_of
from .contract import operation
from .fleet import Fleet
from .paging import Page, PageQuery, page_of
from .times import Time


class GapQuery(PageQuery):
    """Which gaps; the newest is the first."""

    ordering: Literal["-started_at"] = "-started_at"


class GapView(BaseModel):
    """A time for which messages may be missing: the broker did not keep them for us, or could not."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    started_at: Time
    ended_at: Time
    reason: str = Field(description="why, in words")


class GapPage(Page[GapView]):
    """Gaps, newest first."""


class Gaps:
    """`mqtt/sites/{id}/gaps/`"""

    def __init__(self, store: Store, fleet: Fleet) -> None:
        self.store = store
        self.fleet = fleet

    @operation()
    def on_get(self, request: falcon.Request, _response: falcon.Response, id: int, query: GapQuery) -> GapPage:
        """List the times for which messages of a site may be missing."""
        self.fleet.seen_site(caller_of(request), id)
        count, rows = self.store.gaps(id, query.page_size, query.offset)
        return page_of(GapPage, request, query, count, [GapView.model_validate(row) for row in rows])
