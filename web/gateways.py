"""Gateways (row D1)."""

import falcon

from ..store.records import Kind
from .access import caller_of
from .contract import operation
from .devices import DeviceQuery, HeartbeatOrder, HeartbeatView, field_of, seen_alive, selected
from .live import Live
from .paging import Page, in_order, paged


class GatewayView(HeartbeatView):
    """A gateway's live state."""

    hostname: str
    cpu_usage_percent: float | None
    memory_usage_percent: float | None
    disk_usage_percent: float | None
    uptime_seconds: float | None


class GatewayPage(Page[GatewayView]):
    """Gateways."""


class GatewayQuery(DeviceQuery):
    """Which gateways, in which order."""

    ordering: HeartbeatOrder = "id"


class Gateways:
    """`monitoring/gateways/`"""

    def __init__(self, live: Live) -> None:
        self.live = live

    @operation()
    def on_get(self, request: falcon.Request, _response: falcon.Response, query: GatewayQuery) -> GatewayPage:
        """List gateways."""
        records = selected(self.live.devices(Kind.GATEWAY, query.site_id), query, caller_of(request))
        ordered = in_order(records, query.ordering, field_of)
        return paged(GatewayPage, request, query, ordered, GatewayView.model_validate)


class Gateway:
    """`monitoring/gateways/{id}/`"""

    def __init__(self, live: Live) -> None:
        self.live = live

    @operation()
    def on_get(self, request: falcon.Request, _response: falcon.Response, id: int) -> GatewayView:
        """Show a gateway."""
        record = seen_alive(caller_of(request), self.live.device(Kind.GATEWAY, id), Kind.GATEWAY)
        return GatewayView.model_validate(record)
