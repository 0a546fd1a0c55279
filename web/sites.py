"""Sites (row A1)."""

from typing import Literal

import falcon
from pydantic import BaseModel, ConfigDict, Field

from .access import caller_of
from .contract import operation
from .fleet import Fleet
from .paging import LONGEST_SEARCH, Page, PageQuery, in_order, paged
from .times import Time


class SiteView(BaseModel):
    """A bridge, a dam, a lab."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    code: str
    name: str
    customer: str
    latitude: float | None
    longitude: float | None
    is_active: bool
    created_at: Time
    updated_at: Time


class SitePage(Page[SiteView]):
    """Sites."""


class SiteQuery(PageQuery):
    """Which sites, in which order."""

    is_active: bool | None = None
    search: str = Field("", max_length=LONGEST_SEARCH, description="part of the code, name or customer")
    ordering: Literal["id", "-id", "code", "-code", "name", "-name", "customer", "-customer"] = "id"


class Sites:
    """`sites/`"""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet

    @operation()
    def on_get(self, request: falcon.Request, _response: falcon.Response, query: SiteQuery) -> SitePage:
        """List sites."""
        wanted = query.search.casefold()
        sites = [
            site
            for site, _, _ in self.fleet.seen_by(caller_of(request))
            if query.is_active in (None, site.is_active)
            and any(wanted in text.casefold() for text in (site.code, site.name, site.customer))
        ]
        return paged(SitePage, request, query, in_order(sites, query.ordering), SiteView.model_validate)


class Site:
    """`sites/{id}/`"""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet

    @operation()
    def on_get(self, request: falcon.Request, _response: falcon.Response, id: int) -> SiteView:
        """Show a site."""
        return SiteView.model_validate(self.fleet.seen_site(caller_of(request), id).site)
