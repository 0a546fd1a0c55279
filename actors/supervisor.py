"""The top of the tree: what people want against what runs (rows B1 to B6, B9, B11).

What it does is in `reconciling.py` (what is wanted), `site_actors.py` (sites' actors) and `dialling.py` (their links).
"""

import logging

from thespian.actors import ActorAddress

from ..store.records import Status
from .actor_tree import tree_of
from .base import WardenActor
from .dialling import Dialling
from .events import (
    Answered,
    Asked,
    ChildFailed,
    CloseLink,
    ConfigurationsRead,
    ForDevice,
    Heard,
    LinkClosed,
    LinkLost,
    LinkNoted,
    LinkOpened,
    MemoryRead,
    OpenSupervisor,
    ReadFailed,
    Tick,
    Undelivered,
)
from .messages import (
    ForceDiscovery,
    GetSite,
    ListActors,
    ListSites,
    ListTopics,
    Now,
    PauseTopic,
    ReconcileAll,
    ReconcileSite,
    RestartSite,
    Unknown,
)
from .reconciling import Reconciling
from .record_events import Committed, Flush, SiteDevices, StateChanged
from .site_actors import CHECK_INTERVAL, SiteActors
from .ward import Told, Ward

log = logging.getLogger("sitewarden.connections")


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
            case LinkOpened(site_id=site_id, now=now) if site_id in self.wards:
                self.now = now  # newer than the last tick: what comes next must not seem to have come before
                self.dialling.link_opened(self.wards[site_id], message)
            case LinkLost(site_id=site_id) if site_id in self.wards:
                self.dialling.link_lost(self.wards[site_id], message)
            case LinkNoted(site_id=site_id) if site_id in self.wards:
                self.dialling.link_noted(self.wards[site_id], message)
            case LinkClosed(site_id=site_id) if site_id in self.wards:
                self.dialling.link_closed(self.wards[site_id])
            case ConfigurationsRead(configurations=configurations, site_id=site_id):
                self.reconciling.reconcile(configurations, site_id)
            case MemoryRead(configuration=configuration, memory=memory):
                self.reconciling.remember(configuration, memory)
            case ReadFailed():
                self.reconciling.read_failed(message)
            case ReconcileAll():
                self.reconciling.read_all()
            case ReconcileSite(site_id=site_id):
                self.reconciling.read(site_id)
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
                self.site_actors.child_failed(message)
            case Undelivered():
                self.site_actors.take_undelivered(message)
            case SiteDevices(site_id=site_id) if site_id in self.wards:
                self.site_actors.begin_again(self.wards[site_id], message)
            case CloseLink():
                self.stop()
            case Flush():
                for ward in self.wards.values():
                    self.pass_on(ward.site_id, message)
            case OpenSupervisor():
                self.open(message)
            case Heard() | LinkOpened() | LinkLost() | LinkNoted() | LinkClosed() | SiteDevices():
                pass  # of a site that was forgotten meanwhile
            case Committed():
                pass  # the broker learns it when it sends the messages of the failed actor again
            case RestartSite() | ForceDiscovery() | PauseTopic():
                log.warning("%s: there is no such site under supervision", message)
            case _:
                super().receiveMessage(message, sender)

    def open(self, message: OpenSupervisor) -> None:
        self.parts = message.parts
        self.now = message.now
        self.wards: dict[int, Ward] = {}
        self.is_stopping = False
        self.dialling = Dialling(self)
        self.site_actors = SiteActors(self, self.dialling)
        self.reconciling = Reconciling(self, self.site_actors, self.dialling)

    def tick(self, now: Now) -> None:
        self.now = now
        if self.is_stopping:
            return
        self.reconciling.check()
        for ward in list(self.wards.values()):
            self.site_actors.check(ward)
            if ward.address is None:
                continue
            if ward.dial_at is not None and now.monotonic >= ward.dial_at:
                self.dialling.dial_planned(ward)
            if now.monotonic >= ward.check_at:
                # Counted from when it was due, so that the turns stay apart as they were dealt out.
                ward.check_at = max(ward.check_at + CHECK_INTERVAL, now.monotonic)
                self.dialling.check_proof(ward)
                self.send(ward.address, Tick(now))

    def restart(self, ward: Ward) -> None:
        """Do what a person wants: an actor that has failed waits no longer, a link is dialled now."""
        self.site_actors.hurry(ward)
        self.dialling.restart(ward)

    def stop(self) -> None:
        """Hang up everywhere; nothing is dialled from now on. Who waits for a retry keeps its place for the restart."""
        self.is_stopping = True
        for ward in self.wards.values():
            if ward.state.status in (Status.CONNECTING, Status.CONNECTED):
                self.dialling.hang_up(ward)

    def tell(self, *told: Told) -> None:
        for message in told:
            self.send(self.parts.board if isinstance(message, StateChanged) else self.parts.recorder, message)

    def has_actor(self, site_id: int) -> bool:
        return site_id in self.wards and self.wards[site_id].address is not None

    def pass_on(self, site_id: int, message: object) -> None:
        ward = self.wards.get(site_id)
        if ward is None:
            return
        if ward.address is not None:
            self.send(ward.address, message)
        elif isinstance(message, PauseTopic):
            ward.kept.append(message)
        elif isinstance(message, ForceDiscovery):
            log.warning("%s: its actor has failed; devices are looked for when it is begun again", ward.code)

    def answer(self, question: object) -> object:
        match question:
            case ListSites():
                return tuple(ward.report for ward in self.wards.values())
            case GetSite(site_id=site_id) if site_id in self.wards:
                return self.wards[site_id].report
            case GetSite(site_id=site_id) | ListTopics(site_id=site_id):
                return Unknown(f"site {site_id}")
            case ListActors():
                policy = self.site_actors.policy
                return tree_of(self.system_base, self.wards.values(), policy, self.now, question.site_id)
        return Unknown(f"the answer to {type(question).__name__}")
