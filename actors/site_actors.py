"""The sites' actors: begun from what is remembered, begun again when they fail, given up for a while (row B9)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from thespian.actors import ActorExitRequest

from ..store.records import (
    ConnectionState,
    DataloggerRecord,
    DeliveryRecord,
    DeviceRecord,
    GatewayRecord,
    SensorRecord,
    SiteConfiguration,
    SiteMemory,
    Status,
)
from .children import describe, restart_policy
from .connection import ConnectionActor
from .deliveries import Deliveries
from .desired import link_digest
from .dialling import Dialling
from .events import Answered, Arrived, Asked, ChildFailed, CloseLink, OpenSite, Undelivered
from .messages import PauseTopic, Unknown
from .poison import fault_of
from .record_events import DeliveriesChanged, ListSiteDevices, MessageRefused, SiteDevices, SiteForgotten, StateChanged
from .restarts import RestartBudget
from .ward import Casualty, Plan, Ward

if TYPE_CHECKING:
    from .supervisor import SupervisorActor

log = logging.getLogger("sitewarden.connections")

# Each connection looks at its deadlines about once a second, in its own turn, not all in one.
CHECK_INTERVAL = 1.0
TURNS = 10

# What the next actor's link was doing before a restart, and is to go on with.
RESUMED = (Status.BACKING_OFF, Status.PARKED)


class SiteActors:
    """Works in the name of the supervisor, the parent of each site's actor."""

    def __init__(self, owner: SupervisorActor, dialling: Dialling) -> None:
        self.owner = owner
        self.dialling = dialling
        self.policy = restart_policy(owner.parts.settings.supervision)

    def add(self, configuration: SiteConfiguration) -> None:
        """Take a site under supervision; its actor is begun when its memory is read."""
        state = ConnectionState(configuration.site.id)
        self.owner.wards[configuration.site.id] = Ward(configuration, state, RestartBudget(self.policy))

    def begin(self, ward: Ward, memory: SiteMemory) -> None:
        has_failed = ward.state.status is Status.ERROR
        resume(ward, memory.state)
        now = self.owner.now
        ward.address = self.owner.createActor(ConnectionActor)
        share = (ward.site_id % TURNS) / TURNS  # of the check interval: each site has its turn in it
        ward.check_at = now.monotonic + share * CHECK_INTERVAL
        self.owner.send(ward.address, OpenSite(self.owner.parts, ward.configuration, memory, now))
        kept, ward.kept = ward.kept, []
        for message in kept:
            self.owner.send(ward.address, message)
        # After a start nothing has changed yet; after a failure something has, and that is a line in the log.
        again = ward.change(now, Status.DISCONNECTED, "begun again") if has_failed else StateChanged(ward.state)
        self.owner.tell(again)
        if ward.has_place and ward.is_wanted:
            self.dialling.plan_first_dial(ward)
        self.dialling.deal_places()

    def forget(self, site_id: int) -> None:
        ward = self.owner.wards.pop(site_id)
        if ward.address is not None:
            self.owner.send(ward.address, CloseLink(self.owner.now))
            self.owner.send(ward.address, ActorExitRequest())
        self.owner.send(self.owner.parts.board, SiteForgotten(site_id))

    # An actor that fails

    def child_failed(self, failed: ChildFailed) -> None:
        """Begin it again at the next tick, later if it fails often, or after quarantine; no other site is touched."""
        self.owner.system_base.bury(failed.address)  # what its old link still brings must not reach the next one
        ward = next((ward for ward in self.owner.wards.values() if ward.address == failed.address), None)
        if ward is None:
            return
        self.store_what_it_took(ward, failed)
        now = self.owner.now
        left = ward.leave(now)
        ward.casualty = Casualty(failed, now.epoch, describe(failed), ward.state._replace(**left))
        ward.address = None
        delay = self.plan_restart(ward)
        ward.restart_at = now.monotonic + delay
        plan = f"its actor is begun again {'after quarantine, ' if ward.is_quarantined else ''}in {delay:g} s"
        reason = ward.casualty.reason
        self.owner.tell(ward.crash(now, failed.error, reason, plan, **left, next_retry_at=now.epoch + delay))
        if ward.is_quarantined:
            self.dialling.deal_places()

    def store_what_it_took(self, ward: Ward, failed: ChildFailed) -> None:
        """Log the message that it failed of, and store with the next batch which messages are counted in that."""
        fault = fault_of(ward.site_id, "the site's actor", failed)
        if fault is not None:
            self.owner.send(self.owner.parts.recorder, MessageRefused(fault))
        self.owner.send(
            self.owner.parts.recorder, DeliveriesChanged(ward.site_id, deliveries_of(failed, ward.site_id), 0)
        )

    def plan_restart(self, ward: Ward) -> float:
        """Give in how many seconds to begin it again; who goes into quarantine leaves its place to others."""
        delay = ward.budget.after_failure(self.owner.now.monotonic)
        ward.is_quarantined = delay is None
        if delay is not None:
            return delay
        ward.has_place = False
        return self.owner.parts.settings.supervision.quarantine

    def hurry(self, ward: Ward) -> None:
        """Have a person's restart begin an actor that waits, with a link that is dialled at once."""
        if ward.restart_at is not None and ward.casualty is not None:
            ward.restart_at = self.owner.now.monotonic
            state = ward.casualty.state._replace(status=Status.DISCONNECTED, retry_count=0, next_retry_at=None)
            ward.casualty = ward.casualty._replace(state=state)

    def check(self, ward: Ward) -> None:
        """Begin an actor again whose wait is over; who comes out of quarantine has no restart left for a while."""
        if ward.restart_at is None or self.owner.now.monotonic < ward.restart_at:
            return
        ward.restart_at = None
        if ward.is_quarantined:
            ward.is_quarantined = False
            ward.budget.spend(self.owner.now.monotonic)
        self.owner.send(self.owner.parts.board, ListSiteDevices(ward.site_id))

    def begin_again(self, ward: Ward, devices: SiteDevices) -> None:
        if self.owner.is_stopping:
            return
        if ward.address is None and ward.casualty is not None and ward.casualty.failed is not None:
            memory = memory_of(ward.casualty.failed, ward.casualty.state, devices)
            ward.casualty = ward.casualty._replace(failed=None)
            self.begin(ward, memory)

    def take_undelivered(self, undelivered: Undelivered) -> None:
        """Answer who asked an actor that has failed. MQTT messages are sent again by the broker, if their QoS is 1."""
        match undelivered.message:
            case Asked(id=id, reply_to=reply_to):
                self.owner.send(reply_to, Answered(id, Unknown("a site whose actor has failed")))
            case PauseTopic(site_id=site_id) if site_id in self.owner.wards:
                self.owner.wards[site_id].kept.append(undelivered.message)
            case Arrived(topic=topic, qos=0):
                log.warning("a message on %s came while its site's actor had failed, and is lost: its QoS is 0", topic)


def resume(ward: Ward, before: ConnectionState) -> None:
    """Take up a site's state from before a restart, and what was planned for its link, if that still holds."""
    is_same = before.link_digest in ("", link_digest(ward.configuration))
    ward.has_session = is_same
    ward.is_park_told = ward.is_park_told or before.status is Status.PARKED
    ward.planned = None
    if not is_same or not ward.is_wanted:
        before = before._replace(retry_count=0, next_retry_at=None)
    elif before.status in RESUMED:
        ward.planned = Plan(before.next_retry_at, before.status is Status.PARKED)
    ward.state = before._replace(status=Status.DISCONNECTED, reason="")


def memory_of(failed: ChildFailed, state: ConnectionState, devices: SiteDevices) -> SiteMemory:
    """What an actor that failed knew, to begin again from: its topics, and the newest records of its devices."""
    memory = failed.record if isinstance(failed.record, SiteMemory) else SiteMemory(state)
    if isinstance(failed.message, OpenSite):
        memory = failed.message.memory  # it may have failed before the board knew of its devices
    known: tuple[DeviceRecord, ...] = (*memory.gateways, *memory.dataloggers, *memory.sensors)
    records = {record.key: record for record in (*known, *devices.records)}
    return memory._replace(
        state=state,
        gateways=tuple(record for record in records.values() if isinstance(record, GatewayRecord)),
        dataloggers=tuple(record for record in records.values() if isinstance(record, DataloggerRecord)),
        sensors=tuple(record for record in records.values() if isinstance(record, SensorRecord)),
        deliveries=deliveries_of(failed, state.site_id),
    )


def deliveries_of(failed: ChildFailed, site_id: int) -> tuple[DeliveryRecord, ...]:
    """The messages that a site's actor had taken, with the one it failed of: the broker's copy of that is not tried."""
    memory = failed.message.memory if isinstance(failed.message, OpenSite) else failed.record
    deliveries = Deliveries(site_id, memory.deliveries if isinstance(memory, SiteMemory) else ())
    if isinstance(failed.message, Arrived) and failed.message.qos:
        deliveries.take(failed.message)
    return deliveries.records()
