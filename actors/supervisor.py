"""Reconciles the running links towards what people want, and owns every retry (rows B1 to B4, B11)."""

import logging
from collections.abc import Iterable
from functools import partial

from thespian.actors import ActorAddress, ActorExitRequest

from ..store.records import ConnectionState, SiteConfiguration, SiteMemory, Status
from .backoff import is_proved
from .base import WardenActor
from .connection import ConnectionActor
from .desired import link_of, read_configuration, read_configurations, read_memory
from .device_events import Flush, ListSiteDevices, SiteDevices, SiteForgotten, StateChanged
from .events import (
    Answered,
    Asked,
    ChildFailed,
    CloseLink,
    ConfigurationsRead,
    Configured,
    Dial,
    ForDevice,
    Heard,
    LinkClosed,
    LinkLost,
    LinkOpened,
    MemoryRead,
    OpenSite,
    OpenSupervisor,
    ReadFailed,
    Tick,
)
from .failures import Failure
from .messages import (
    ForceDiscovery,
    GetSite,
    ListSites,
    ListTopics,
    Now,
    PauseTopic,
    ReconcileAll,
    ReconcileSite,
    RestartSite,
    Unknown,
)
from .ward import Ward

log = logging.getLogger("sitewarden.connections")

# A connection actor that failed is begun again after this long (seconds), so that a message that fails it each time
# does not keep the thread busy.
RESTART_DELAY = 1.0

# Each connection looks at its deadlines about once a second, in its own turn, not all in one.
CHECK_INTERVAL = 1.0


class SupervisorActor(WardenActor):
    """The parent of every site's connection actor.

    Each configured site has its actor, so that its devices can be asked for whatever its link does; those that are
    wanted get one of the places of `mqtt.max_connections` and are dialled.
    """

    def receiveMessage(self, message: object, sender: ActorAddress) -> None:
        match message:
            case Tick(now=now):
                self.tick(now)
            case Heard(site_id=site_id, at=at) if site_id in self.wards:
                ward = self.wards[site_id]
                ward.state = ward.state._replace(last_message_at=at)
                self.tell(StateChanged(ward.state))
            case LinkOpened(site_id=site_id) if self.is_connecting(site_id):
                self.tell(self.wards[site_id].open(message))
            case LinkLost(site_id=site_id) if site_id in self.wards:
                self.link_lost(self.wards[site_id], message.failure)
            case LinkClosed(site_id=site_id) if site_id in self.wards:
                self.link_closed(self.wards[site_id])
            case ConfigurationsRead(configurations=configurations, site_id=site_id):
                self.reconcile(configurations, site_id)
            case MemoryRead(configuration=configuration, memory=memory):
                self.remember(configuration, memory)
            case ReadFailed():
                self.read_failed(message)
            case ReconcileAll():
                self.read_configurations()
            case ReconcileSite(site_id=site_id):
                self.parts.reads.submit(self.myAddress, partial(read_configuration, self.parts.store, site_id))
            case RestartSite(site_id=site_id) if site_id in self.wards:
                self.restart(self.wards[site_id])
            case ForceDiscovery(site_id=site_id) | PauseTopic(site_id=site_id) if site_id in self.wards:
                self.pass_on(site_id, message)
            case ForDevice(key=key):
                self.pass_on(key.site_id, message)
            case Asked(question=ListTopics(site_id=site_id)) if self.has_actor(site_id):
                self.pass_on(site_id, message)
            case Asked(id=id, question=question, reply_to=reply_to):
                self.send(reply_to, Answered(id, self.answer(question)))
            case ChildFailed():
                self.child_failed(message)
            case SiteDevices(site_id=site_id) if site_id in self.wards:
                self.begin_again(self.wards[site_id], message)
            case CloseLink():
                self.stop()
            case Flush():
                for ward in self.wards.values():
                    self.pass_on(ward.site_id, message)
            case OpenSupervisor():
                self.open(message)
            case Heard() | LinkOpened() | LinkLost() | LinkClosed() | SiteDevices():
                pass  # of a site that was forgotten, or stopped, meanwhile
            case RestartSite() | ForceDiscovery() | PauseTopic():
                log.warning("%s: there is no such site under supervision", message)
            case _:
                super().receiveMessage(message, sender)

    def open(self, message: OpenSupervisor) -> None:
        self.parts = message.parts
        self.now = message.now
        self.wards: dict[int, Ward] = {}
        self.is_stopping = False
        self.next_turn = 0.0  # of a first dial, so that a fleet does not dial all at once
        self.monitor_at = message.now.monotonic
        self.read_again_at: float | None = None

    def tick(self, now: Now) -> None:
        self.now = now
        if self.is_stopping:
            return
        if now.monotonic >= self.monitor_at or (self.read_again_at and now.monotonic >= self.read_again_at):
            self.monitor_at = now.monotonic + self.parts.settings.monitor.interval
            self.read_again_at = None
            self.read_configurations()
        for ward in list(self.wards.values()):
            if ward.dial_at is not None and now.monotonic >= ward.dial_at:
                self.dial(ward)
            if ward.read_at is not None and now.monotonic >= ward.read_at:
                ward.read_at = None
                self.read_memory(ward.configuration)
            if ward.restart_at is not None and now.monotonic >= ward.restart_at:
                ward.restart_at = None
                self.send(self.parts.board, ListSiteDevices(ward.site_id))
            if ward.address is not None and now.monotonic >= ward.check_at:
                # Counted from when it was due, so that the turns stay apart as they were dealt out.
                ward.check_at = max(ward.check_at + CHECK_INTERVAL, now.monotonic)
                self.check(ward)
                self.send(ward.address, Tick(now))

    def check(self, ward: Ward) -> None:
        if ward.opened_at is None or ward.state.retry_count == 0:
            return
        held = self.now.monotonic - ward.opened_at
        if is_proved(held, ward.configuration.connection.keep_alive_interval):
            ward.state = ward.state._replace(retry_count=0)
            self.tell(StateChanged(ward.state))

    # What people want

    def read_configurations(self) -> None:
        self.parts.reads.submit(self.myAddress, partial(read_configurations, self.parts.store))

    def read_failed(self, failed: ReadFailed) -> None:
        """Plan to read again; a site without its memory is in error until then, and says why."""
        again_at = self.now.monotonic + RESTART_DELAY
        if failed.site_id is None:
            log.error("what is wanted could not be read, and is read again in %g s: %s", RESTART_DELAY, failed.reason)
            self.read_again_at = again_at
            return
        ward = self.wards.get(failed.site_id)
        if ward is not None and ward.address is None:
            ward.read_at = again_at
            if ward.state.status is not Status.ERROR:
                # Shown, and not stored: what is stored is the memory that could not be read.
                log.error(
                    "%s: its memory cannot be read, and is read again: %s", ward.configuration.site.code, failed.reason
                )
                reason = f"its memory cannot be read: {failed.reason}"
                ward.state = ward.state._replace(status=Status.ERROR, reason=reason)

    def reconcile(self, configurations: Iterable[SiteConfiguration], site_id: int | None) -> None:
        """Take what is wanted: of all sites, or of one; a site that is no longer there is forgotten."""
        wanted = {configuration.site.id: configuration for configuration in configurations}
        known = set(self.wards) if site_id is None else {site_id} & set(self.wards)
        for gone in known - set(wanted):
            self.forget(gone)
        for configuration in wanted.values():
            ward = self.wards.get(configuration.site.id)
            if ward is None:
                self.wards[configuration.site.id] = Ward(configuration, ConnectionState(configuration.site.id))
                self.read_memory(configuration)
            elif ward.configuration != configuration:
                self.configure(ward, configuration)
        self.deal_places()

    def read_memory(self, configuration: SiteConfiguration) -> None:
        self.parts.reads.submit(self.myAddress, partial(read_memory, self.parts.store, configuration))

    def configure(self, ward: Ward, configuration: SiteConfiguration) -> None:
        before, ward.configuration = ward.configuration, configuration
        if ward.address is None:
            return
        self.send(ward.address, Configured(configuration))
        if ward.has_place and ward.is_wanted and link_of(before) != link_of(configuration):
            log.info("%s: the connection was configured anew", configuration.site.code)
            self.restart(ward)

    def remember(self, configuration: SiteConfiguration, memory: SiteMemory) -> None:
        ward = self.wards.get(configuration.site.id)
        if ward is None or ward.address is not None:
            return
        self.begin(ward, memory)
        self.deal_places()

    def begin(self, ward: Ward, memory: SiteMemory) -> None:
        has_failed = ward.state.status is Status.ERROR
        ward.state = memory.state._replace(status=Status.DISCONNECTED, reason="")
        ward.address = self.createActor(ConnectionActor)
        share = (ward.site_id % 10) / 10  # of the check interval: each site has its turn in it
        ward.check_at = self.now.monotonic + share * CHECK_INTERVAL
        self.send(ward.address, OpenSite(self.parts, ward.configuration, memory, self.now))
        # After a start nothing has changed yet; after a failure something has, and that is a line in the log.
        again = ward.change(self.now, Status.DISCONNECTED, "begun again") if has_failed else StateChanged(ward.state)
        self.tell(again)

    def forget(self, site_id: int) -> None:
        ward = self.wards.pop(site_id)
        if ward.address is not None:
            self.send(ward.address, CloseLink(self.now))
            self.send(ward.address, ActorExitRequest())
        self.send(self.parts.board, SiteForgotten(site_id))

    def deal_places(self) -> None:
        """Let go of links that nobody wants, and give their places to sites that wait."""
        if self.is_stopping:
            return
        most = self.parts.settings.mqtt.max_connections
        for ward in self.wards.values():
            if ward.address is None:
                continue
            if not ward.is_wanted and ward.state.status is Status.QUEUED:
                self.tell(ward.close(self.now))
            elif not ward.is_wanted and ward.has_place and ward.state.status is not Status.STOPPING:
                self.hang_up(ward)
        taken = sum(ward.has_place for ward in self.wards.values())
        for ward in self.wards.values():
            if ward.has_place or not ward.is_wanted or (ward.address is None and ward.state.status is Status.ERROR):
                continue
            if taken < most:
                taken += 1  # also by one that is not remembered yet: who is first does not depend on that
                if ward.address is not None:
                    ward.has_place = True
                    self.plan_first_dial(ward)
            elif ward.address is not None and ward.state.status is not Status.QUEUED:
                reason = f"all {most} connections (MQTT_MAX_CONNECTIONS) are in use"
                self.tell(ward.change(self.now, Status.QUEUED, reason))

    def plan_first_dial(self, ward: Ward) -> None:
        """Dial when it is its turn; a retry that was planned before a restart keeps its time."""
        turn = max(self.next_turn, self.now.monotonic)
        self.next_turn = turn + self.parts.settings.mqtt.start_spread
        planned = ward.state.next_retry_at
        if planned is not None and planned > self.now.epoch:
            longest = ward.configuration.connection.max_retry_delay * (1 + self.parts.settings.mqtt.retry_jitter)
            ward.dial_at = self.now.monotonic + min(planned - self.now.epoch, longest)
            reason = "waits for the retry that was planned before the restart"
            self.tell(ward.change(self.now, Status.BACKING_OFF, reason))
        elif turn > self.now.monotonic:
            ward.dial_at = turn
        else:
            self.dial(ward)

    # Links

    def dial(self, ward: Ward) -> None:
        assert ward.address is not None
        self.tell(ward.dial(self.now))
        self.send(ward.address, Dial(self.now))

    def hang_up(self, ward: Ward) -> None:
        assert ward.address is not None
        self.tell(ward.hang_up(self.now))
        self.send(ward.address, CloseLink(self.now))

    def restart(self, ward: Ward) -> None:
        """Forget the backoff and dial now; a site that is not wanted stays as it is, one without a place waits on."""
        if self.is_stopping or not ward.is_wanted or ward.address is None:
            return
        ward.state = ward.state._replace(retry_count=0, next_retry_at=None)
        if ward.has_place:
            self.dial(ward)

    def has_actor(self, site_id: int) -> bool:
        return site_id in self.wards and self.wards[site_id].address is not None

    def is_connecting(self, site_id: int) -> bool:
        return site_id in self.wards and self.wards[site_id].state.status in (Status.CONNECTING, Status.BACKING_OFF)

    def link_lost(self, ward: Ward, failure: Failure) -> None:
        if ward.is_wanted and not self.is_stopping:
            self.tell(ward.lose(self.now, failure, self.parts.settings.mqtt.retry_jitter, self.parts.uniform))
        else:
            self.link_closed(ward)

    def link_closed(self, ward: Ward) -> None:
        self.tell(ward.close(self.now))
        self.deal_places()

    def tell(self, change: StateChanged) -> None:
        self.send(self.parts.board, change)

    # An actor that failed

    def child_failed(self, failed: ChildFailed) -> None:
        ward = next((ward for ward in self.wards.values() if ward.address == failed.address), None)
        if ward is None:
            return
        ward.restart_at = self.now.monotonic + RESTART_DELAY
        self.tell(ward.fail(self.now, failed))

    def begin_again(self, ward: Ward, devices: SiteDevices) -> None:
        if ward.address is None:
            self.begin(ward, ward.memory_with(devices))
            self.deal_places()

    # The end

    def stop(self) -> None:
        """Hang up everywhere; nothing is dialled from now on. Who waits for a retry keeps its place for the restart."""
        self.is_stopping = True
        for ward in self.wards.values():
            if ward.state.status in (Status.CONNECTING, Status.CONNECTED):
                self.hang_up(ward)

    def pass_on(self, site_id: int, message: object) -> None:
        ward = self.wards.get(site_id)
        if ward is not None and ward.address is not None:
            self.send(ward.address, message)

    def answer(self, question: object) -> object:
        match question:
            case ListSites():
                return tuple(ward.report for ward in self.wards.values())
            case GetSite(site_id=site_id) if site_id in self.wards:
                return self.wards[site_id].report
            case GetSite(site_id=site_id) | ListTopics(site_id=site_id):
                return Unknown(f"site {site_id}")
        return Unknown(f"the answer to {type(question).__name__}")
