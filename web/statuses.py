"""How the connections are doing (row G3)."""

from typing import Literal

import falcon
from pydantic import BaseModel, Field

from ..store.records import ConnectionState, SiteConfiguration, Status
from .access import caller_of
from .contract import operation
from .counts import Census, DeviceCounts
from .fleet import Fleet
from .live import Live
from .paging import Page, PageQuery, in_order, paged
from .times import Time

LegacyStatus = Literal["disconnected", "connecting", "connected", "error"]

# What older clients know. Who backs off is on the way; who is parked needs a person.
LEGACY: dict[Status, LegacyStatus] = {
    Status.DISCONNECTED: "disconnected",
    Status.QUEUED: "disconnected",
    Status.CONNECTING: "connecting",
    Status.CONNECTED: "connected",
    Status.BACKING_OFF: "connecting",
    Status.PARKED: "error",
    Status.ERROR: "error",
    Status.STOPPING: "disconnected",
}


class StatusView(BaseModel):
    """A site's connection. `is_active` is what people want of it, `status` what it does."""

    site_id: int
    site_code: str
    site_name: str
    status: Status
    legacy_status: LegacyStatus = Field(description="`status` in the words of older clients")
    reason: str = Field(description="why the status is what it is, in words")
    is_active: bool
    broker_host: str
    broker_port: int
    topics_list: list[str] = Field(description="topic filters that the connection covers")
    mqtt_retry_count: int
    mqtt_next_retry: Time | None = Field(
        description="of one that is parked: its next probe; null if a person must start it"
    )
    last_connected_at: Time | None
    disconnected_at: Time | None = Field(description="when the broker was last heard over a link that has ended")
    last_message_at: Time | None
    error_kind: str
    error_message: str
    connection_errors: int
    devices: DeviceCounts


class StatusPage(Page[StatusView]):
    """Connections."""


class StatusQuery(PageQuery):
    """Which connections, in which order."""

    status: Status | None = None
    ordering: Literal[
        "site_id", "-site_id", "site_code", "-site_code", "site_name", "-site_name", "status", "-status"
    ] = "site_id"


class Statuses:
    """`mqtt/connection-status/`"""

    def __init__(self, fleet: Fleet, live: Live) -> None:
        self.fleet = fleet
        self.live = live

    @operation()
    def on_get(self, request: falcon.Request, _response: falcon.Response, query: StatusQuery) -> StatusPage:
        """List how every connection is doing."""
        states = {report.state.site_id: report.state for report in self.live.reports()}
        census = Census(self.live)
        views = []
        for configuration in self.fleet.seen_by(caller_of(request)):
            id = configuration.site.id
            views.append(status_of(configuration, states.get(id, ConnectionState(id)), census.of(id)))
        wanted = [view for view in views if query.status in (None, view.status)]
        return paged(StatusPage, request, query, in_order(wanted, query.ordering), lambda view: view)


def status_of(configuration: SiteConfiguration, state: ConnectionState, devices: DeviceCounts) -> StatusView:
    """Put together what people decided and what the actors observe."""
    site, connection, _ = configuration
    return StatusView(
        site_id=site.id,
        site_code=site.code,
        site_name=site.name,
        status=state.status,
        legacy_status=LEGACY[state.status],
        reason=state.reason,
        is_active=connection.is_active,
        broker_host=connection.broker_host,
        broker_port=connection.broker_port,
        topics_list=covered(configuration),
        mqtt_retry_count=state.retry_count,
        mqtt_next_retry=state.next_retry_at,
        last_connected_at=state.last_connected_at,
        disconnected_at=state.disconnected_at,
        last_message_at=state.last_message_at,
        error_kind=state.error_kind,
        error_message=state.error_message,
        connection_errors=state.connection_errors,
        devices=devices,
    )


def covered(configuration: SiteConfiguration) -> list[str]:
    """Return the configured filters that are active, and the one that discovery adds (row A3)."""
    filters = [topic.topic_pattern for topic in configuration.topics if topic.is_active]
    if configuration.connection.discovery_mode != "closed":
        filters.append(f"{configuration.connection.topic_prefix}/#")
    return list(dict.fromkeys(filters))
