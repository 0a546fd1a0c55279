"""Sensors, and what people decide about them."""

import http
from collections.abc import Sequence
from typing import Literal

import falcon
from pydantic import Field

from ..store.records import Kind, SensorRecord
from .access import Caller, caller_of
from .contract import operation
from .devices import DeviceOrder, DeviceQuery, field_of, not_hidden, seen, seen_alive, selected
from .errors import Conflict, NotFound
from .labels import Curator, LabelBody
from .live import Live
from .paging import LARGEST_ID, Page, PageQuery, in_order, paged
from .readings import ReadingPage, ReadingView
from .sensor_view import SensorView


class SensorPage(Page[SensorView]):
    """Sensors."""


# fmt: off
SensorOrder = Literal[
    DeviceOrder, "sensor_type", "-sensor_type", "last_seen_at", "-last_seen_at", "datalogger_id", "-datalogger_id",
]
# fmt: on


class SensorQuery(DeviceQuery):
    """Which sensors of a datalogger, in which order."""

    ordering: SensorOrder = "id"


class AnySensorQuery(SensorQuery):
    """Which sensors, in which order."""

    datalogger_id: int | None = Field(None, ge=1, le=LARGEST_ID)


class Sensors:
    """`monitoring/sensors/` and `monitoring/sensors/by-datalogger/{id}/`"""

    def __init__(self, live: Live) -> None:
        self.live = live

    @operation()
    def on_get(self, request: falcon.Request, _response: falcon.Response, query: AnySensorQuery) -> SensorPage:
        """List sensors."""
        records = self.live.devices(Kind.SENSOR, query.site_id, query.datalogger_id)
        return self.page(request, query, not_hidden(records, self.live.devices(Kind.DATALOGGER, query.site_id)))

    @operation()
    def on_get_of_datalogger(
        self, request: falcon.Request, _response: falcon.Response, id: int, query: SensorQuery
    ) -> SensorPage:
        """List the sensors of a datalogger."""
        seen_alive(caller_of(request), self.live.device(Kind.DATALOGGER, id), Kind.DATALOGGER)
        return self.page(request, query, self.live.devices(Kind.SENSOR, query.site_id, id))

    def page(self, request: falcon.Request, query: SensorQuery, records: Sequence[SensorRecord]) -> SensorPage:
        ordered = in_order(selected(records, query, caller_of(request)), query.ordering, field_of)
        return paged(SensorPage, request, query, ordered, SensorView.model_validate)


class Sensor:
    """`monitoring/sensors/{id}/`, its readings, its label and its restoration"""

    def __init__(self, live: Live, curator: Curator) -> None:
        self.live = live
        self.curator = curator

    @operation()
    def on_get(self, request: falcon.Request, _response: falcon.Response, id: int) -> SensorView:
        """Show a sensor."""
        return SensorView.model_validate(self.seen_alive(caller_of(request), id))

    @operation()
    def on_get_readings(
        self, request: falcon.Request, _response: falcon.Response, id: int, query: PageQuery
    ) -> ReadingPage:
        """List the rolling readings of a sensor, newest first."""
        record = self.seen_alive(caller_of(request), id)
        return paged(ReadingPage, request, query, record.readings, ReadingView.model_validate)

    @operation(http.HTTPStatus.NO_CONTENT, refuses=(http.HTTPStatus.FORBIDDEN,))
    def on_delete(self, request: falcon.Request, _response: falcon.Response, id: int) -> None:
        """Delete a sensor softly: it leaves all lists, and its readings are ignored."""
        caller = caller_of(request)
        self.curator.mark(caller, Kind.SENSOR, id, self.seen_alive(caller, id), is_deleted=True)

    @operation(refuses=(http.HTTPStatus.FORBIDDEN,))
    def on_put_label(self, request: falcon.Request, _response: falcon.Response, id: int, body: LabelBody) -> SensorView:
        """Give a sensor a label."""
        caller = caller_of(request)
        labelled = self.curator.relabel(caller, Kind.SENSOR, id, self.seen_alive(caller, id), body.label)
        return SensorView.model_validate(labelled)

    @operation(refuses=(http.HTTPStatus.FORBIDDEN, http.HTTPStatus.CONFLICT))
    def on_post_restore(self, request: falcon.Request, _response: falcon.Response, id: int) -> SensorView:
        """Restore a deleted sensor; one that is not deleted stays as it is."""
        caller = caller_of(request)
        record = seen(caller, self.live.device(Kind.SENSOR, id), Kind.SENSOR)
        caller.must_operate(record.site_id, Kind.SENSOR)
        if self.is_behind_deleted(record):
            raise Conflict("Its datalogger is deleted: restore that first.")
        return SensorView.model_validate(self.curator.mark(caller, Kind.SENSOR, id, record, is_deleted=False))

    def seen_alive(self, caller: Caller, id: int) -> SensorRecord:
        """Return a sensor. Raises `NotFound` also where its datalogger is deleted."""
        record = seen_alive(caller, self.live.device(Kind.SENSOR, id), Kind.SENSOR)
        if self.is_behind_deleted(record):
            raise NotFound(Kind.SENSOR)
        return record

    def is_behind_deleted(self, record: SensorRecord) -> bool:
        if record.datalogger_id is None:
            return False
        datalogger = self.live.device(Kind.DATALOGGER, record.datalogger_id)
        return datalogger is not None and datalogger.is_deleted
