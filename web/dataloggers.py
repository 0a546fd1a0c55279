"""Dataloggers (row D2), and what people decide about them."""

import http

import falcon
from pydantic import Field, computed_field

from ..store.records import Kind
from .access import caller_of
from .contract import operation
from .devices import DeviceQuery, HeartbeatOrder, HeartbeatView, field_of, seen, seen_alive, selected
from .labels import Curator, LabelBody
from .live import Live
from .paging import Page, in_order, paged


class DataloggerView(HeartbeatView):
    """A datalogger's live state."""

    datalogger_type: str
    instance_number: int | None
    acquisition: str = Field(description="running, stopped or whatever else the device says; empty if it does not")

    @computed_field(description="older name of `datalogger_type`")
    def model(self) -> str:
        return self.datalogger_type


class DataloggerPage(Page[DataloggerView]):
    """Dataloggers."""


class DataloggerQuery(DeviceQuery):
    """Which dataloggers, in which order."""

    ordering: HeartbeatOrder = "id"


class Dataloggers:
    """`monitoring/dataloggers/`"""

    def __init__(self, live: Live) -> None:
        self.live = live

    @operation()
    def on_get(self, request: falcon.Request, _response: falcon.Response, query: DataloggerQuery) -> DataloggerPage:
        """List dataloggers."""
        records = selected(self.live.devices(Kind.DATALOGGER, query.site_id), query, caller_of(request))
        ordered = in_order(records, query.ordering, field_of)
        return paged(DataloggerPage, request, query, ordered, DataloggerView.model_validate)


class Datalogger:
    """`monitoring/dataloggers/{id}/`, its label and its restoration"""

    def __init__(self, live: Live, curator: Curator) -> None:
        self.live = live
        self.curator = curator

    @operation()
    def on_get(self, request: falcon.Request, _response: falcon.Response, id: int) -> DataloggerView:
        """Show a datalogger."""
        record = seen_alive(caller_of(request), self.live.device(Kind.DATALOGGER, id), Kind.DATALOGGER)
        return DataloggerView.model_validate(record)

    @operation(http.HTTPStatus.NO_CONTENT, refuses=(http.HTTPStatus.FORBIDDEN,))
    def on_delete(self, request: falcon.Request, _response: falcon.Response, id: int) -> None:
        """Delete a datalogger softly: it and its sensors leave all lists, and its messages are ignored."""
        caller = caller_of(request)
        record = seen_alive(caller, self.live.device(Kind.DATALOGGER, id), Kind.DATALOGGER)
        self.curator.mark(caller, Kind.DATALOGGER, id, record, is_deleted=True)

    @operation(refuses=(http.HTTPStatus.FORBIDDEN,))
    def on_put_label(
        self, request: falcon.Request, _response: falcon.Response, id: int, body: LabelBody
    ) -> DataloggerView:
        """Give a datalogger a label."""
        caller = caller_of(request)
        record = seen_alive(caller, self.live.device(Kind.DATALOGGER, id), Kind.DATALOGGER)
        return DataloggerView.model_validate(self.curator.relabel(caller, Kind.DATALOGGER, id, record, body.label))

    @operation(refuses=(http.HTTPStatus.FORBIDDEN,))
    def on_post_restore(self, request: falcon.Request, _response: falcon.Response, id: int) -> DataloggerView:
        """Restore a deleted datalogger; one that is not deleted stays as it is."""
        caller = caller_of(request)
        record = seen(caller, self.live.device(Kind.DATALOGGER, id), Kind.DATALOGGER)
        restored = self.curator.mark(caller, Kind.DATALOGGER, id, record, is_deleted=False)
        return DataloggerView.model_validate(restored)
