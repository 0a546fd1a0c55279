"""What happened: to connections, to messages that could not be read, to devices (rows C3, C7, F7, G4)."""

from typing import Literal

import falcon
from pydantic import BaseModel, ConfigDict, Field

from ..store.records import ErrorType, Status
from ..store.store import Store
from .access import caller_of
from .contract import operation
from .fleet import Fleet
from .paging import Page, PageQuery, page_of
from .times import Time


class ConnectionLogQuery(PageQuery):
    """Which part of the log; the newest line is the first."""

    ordering: Literal["-timestamp"] = "-timestamp"


class ParsingLogQuery(PageQuery):
    """Which part of the log; what came last is the first."""

    ordering: Literal["-last_at"] = "-last_at"


class DeviceEventQuery(PageQuery):
    """Which events; the newest is the first."""

    ordering: Literal["-at"] = "-at"


class ConnectionLogView(BaseModel):
    """One line of a connection's history."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    timestamp: Time = Field(validation_alias="at")
    level: str
    message: str
    status: Status
    exception_type: str
    traceback: str = Field(description="empty for whoever is no superuser")
    broker_host: str
    retry_attempt: int


class ConnectionLogPage(Page[ConnectionLogView]):
    """A connection's history, newest first."""


class ParsingLogView(BaseModel):
    """A fault in what a site sent, and how often it came."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    topic: str
    parser: str
    error_type: ErrorType
    message: str
    sample_payload: str
    exception: str
    first_at: Time
    last_at: Time
    count: int


class ParsingLogPage(Page[ParsingLogView]):
    """Faults, newest first."""


class DeviceEventView(BaseModel):
    """Something that happened to a device's identity."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    at: Time
    event: str = Field(
        description="hardware_replaced, serial_conflict, limit_reached, gateway_offline, gateway_online,"
        " connection_parked or connection_recovered"
    )
    slot: str
    message: str


class DeviceEventPage(Page[DeviceEventView]):
    """Events, newest first."""


class Logs:
    """`mqtt/sites/{id}/connection-logs/`, `parsing-logs/` and `device-events/`"""

    def __init__(self, store: Store, fleet: Fleet) -> None:
        self.store = store
        self.fleet = fleet

    @operation()
    def on_get_of_connection(
        self, request: falcon.Request, _response: falcon.Response, id: int, query: ConnectionLogQuery
    ) -> ConnectionLogPage:
        """List a connection's history."""
        caller = caller_of(request)
        self.fleet.seen_site(caller, id)
        count, rows = self.store.connection_logs(id, query.page_size, query.offset)
        if not caller.user.is_superuser:
            # A traceback shows the paths and the insides of the server, which is none of a site's business.
            rows = [row._replace(traceback="") for row in rows]
        views = [ConnectionLogView.model_validate(row) for row in rows]
        return page_of(ConnectionLogPage, request, query, count, views)

    @operation()
    def on_get_of_parsing(
        self, request: falcon.Request, _response: falcon.Response, id: int, query: ParsingLogQuery
    ) -> ParsingLogPage:
        """List the faults in what a site sent."""
        self.fleet.seen_site(caller_of(request), id)
        count, rows = self.store.parsing_logs(id, query.page_size, query.offset)
        return page_of(ParsingLogPage, request, query, count, [ParsingLogView.model_validate(row) for row in rows])

    @operation()
    def on_get_of_devices(
        self, request: falcon.Request, _response: falcon.Response, id: int, query: DeviceEventQuery
    ) -> DeviceEventPage:
        """List what happened to the identities of a site's devices."""
        self.fleet.seen_site(caller_of(request), id)
        count, rows = self.store.device_events(id, query.page_size, query.offset)
        return page_of(DeviceEventPage, request, query, count, [DeviceEventView.model_validate(row) for row in rows])
