"""What people want of a connection: start, stop, restart, look for devices (rows B11, C11, G3).

The wish goes to the database first and then to the actors, which follow it in their own time; the answer does not
wait for them.
"""

import http
import logging

import falcon
from pydantic import BaseModel

from ..actors.messages import ForceDiscovery, ReconcileSite, RestartSite
from ..store.records import SiteConfiguration, Status
from ..store.store import Store
from .access import caller_of
from .contract import operation
from .counts import Census
from .errors import Conflict
from .fleet import Fleet
from .live import Live
from .statuses import LEGACY, LegacyStatus, StatusView, status_of

log = logging.getLogger("sitewarden.web")

OK, ACCEPTED = http.HTTPStatus.OK, http.HTTPStatus.ACCEPTED
REFUSALS = (http.HTTPStatus.FORBIDDEN, http.HTTPStatus.CONFLICT)


class ConnectionBrief(BaseModel):
    """A connection as it is at this moment; `is_active` is what is wanted of it."""

    site_id: int
    site_name: str
    status: Status
    legacy_status: LegacyStatus
    is_active: bool
    broker_host: str
    broker_port: int


class CommandAnswer(BaseModel):
    """What has become of a command so far."""

    success: bool
    message: str
    connection: ConnectionBrief


class Supervision:
    """`mqtt/sites/{id}/status/` and the commands beside it"""

    def __init__(self, store: Store, fleet: Fleet, live: Live) -> None:
        self.store = store
        self.fleet = fleet
        self.live = live

    @operation()
    def on_get(self, request: falcon.Request, _response: falcon.Response, id: int) -> StatusView:
        """Show how a site's connection is doing."""
        configuration = self.fleet.seen_site(caller_of(request), id)
        return status_of(configuration, self.live.state(id), Census(self.live, id).of(id))

    @operation(ACCEPTED, OK, refuses=REFUSALS)
    def on_post_start(self, request: falcon.Request, response: falcon.Response, id: int) -> CommandAnswer:
        """Connect a site, and keep it connected. 200: that was wanted already."""
        configuration = self.fleet.operated_site(caller_of(request), id)
        if not configuration.site.is_active:
            raise Conflict(f"The site {configuration.site.code} is not active; make it so before its connection.")
        return self.want(request, response, configuration, is_active=True)

    @operation(ACCEPTED, OK, refuses=REFUSALS[:1])
    def on_post_stop(self, request: falcon.Request, response: falcon.Response, id: int) -> CommandAnswer:
        """Disconnect a site, and leave it so. 200: that was wanted already."""
        configuration = self.fleet.operated_site(caller_of(request), id)
        return self.want(request, response, configuration, is_active=False)

    @operation(ACCEPTED, refuses=REFUSALS)
    def on_post_restart(self, request: falcon.Request, _response: falcon.Response, id: int) -> CommandAnswer:
        """Forget past failures and dial now."""
        configuration = self.wanted_site(request, id)
        self.live.tell(RestartSite(id))
        log.info("%s restarted the connection of %s", caller_of(request).user.name, configuration.site.code)
        return self.answer(configuration, "The connection is being made anew.")

    @operation(ACCEPTED, refuses=REFUSALS)
    def on_post_discovery(self, request: falcon.Request, _response: falcon.Response, id: int) -> CommandAnswer:
        """Subscribe again, so that retained messages come anew."""
        configuration = self.wanted_site(request, id)
        status = self.live.state(id).status
        if status is not Status.CONNECTED:
            raise Conflict(f"The connection is {status}; devices are looked for while it is {Status.CONNECTED}.")
        self.live.tell(ForceDiscovery(id))
        log.info("%s forced discovery on %s", caller_of(request).user.name, configuration.site.code)
        return self.answer(configuration, "The site is being searched for devices.")

    def want(
        self, request: falcon.Request, response: falcon.Response, configuration: SiteConfiguration, is_active: bool
    ) -> CommandAnswer:
        site, connection, topics = configuration
        is_new = self.store.set_connection_active(site.id, is_active)
        # Even if nothing is new: whoever asks a second time has seen nothing happen.
        self.live.tell(ReconcileSite(site.id))
        log.info(
            "%s wants the connection of %s %s", caller_of(request).user.name, site.code, "on" if is_active else "off"
        )
        response.status = ACCEPTED if is_new else OK
        message = f"The connection {'is being' if is_new else 'was already'} {'started' if is_active else 'stopped'}."
        if is_active and not is_new and self.live.state(site.id).status is Status.PARKED:
            message = "The connection was already started, and is parked: POST .../restart/ dials now."
        return self.answer(SiteConfiguration(site, connection._replace(is_active=is_active), topics), message)

    def wanted_site(self, request: falcon.Request, id: int) -> SiteConfiguration:
        """Return a site that may be acted on and whose connection is wanted. Raises `Conflict` if it is stopped."""
        configuration = self.fleet.operated_site(caller_of(request), id)
        if not configuration.connection.is_active:
            raise Conflict("The connection is stopped; start it.")
        return configuration

    def answer(self, configuration: SiteConfiguration, message: str) -> CommandAnswer:
        site, connection, _ = configuration
        status = self.live.state(site.id).status
        brief = ConnectionBrief(
            site_id=site.id,
            site_name=site.name,
            status=status,
            legacy_status=LEGACY[status],
            is_active=connection.is_active,
            broker_host=connection.broker_host,
            broker_port=connection.broker_port,
        )
        return CommandAnswer(success=True, message=message, connection=brief)
