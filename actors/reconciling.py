"""Brings what is under supervision to what people want, as the database has it (row B2)."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from ..store.records import SiteConfiguration, SiteMemory, Status
from .desired import link_of, read_configuration, read_configurations, read_memory
from .dialling import Dialling
from .events import Configured, ReadFailed
from .site_actors import SiteActors
from .ward import Ward

if TYPE_CHECKING:
    from .supervisor import SupervisorActor

log = logging.getLogger("sitewarden.connections")

# What could not be read is read again after this long (seconds): the database may be away for a while.
READ_AGAIN_AFTER = 1.0


class Reconciling:
    """Works in the name of the supervisor."""

    def __init__(self, owner: SupervisorActor, site_actors: SiteActors, dialling: Dialling) -> None:
        self.owner = owner
        self.site_actors = site_actors
        self.dialling = dialling
        self.monitor_at = owner.now.monotonic
        self.read_again_at: float | None = None

    def check(self) -> None:
        """Look at the desired state at intervals, as a safety net, and soon again if it could not be read."""
        now = self.owner.now.monotonic
        if now >= self.monitor_at or (self.read_again_at is not None and now >= self.read_again_at):
            self.monitor_at = now + self.owner.parts.settings.monitor.interval
            self.read_again_at = None
            self.read_all()
        for ward in self.owner.wards.values():
            if ward.read_at is not None and now >= ward.read_at:
                ward.read_at = None
                self.read_memory(ward.configuration)

    def read_all(self) -> None:
        self.owner.parts.reads.submit(self.owner.myAddress, partial(read_configurations, self.owner.parts.store))

    def read(self, site_id: int) -> None:
        reading = partial(read_configuration, self.owner.parts.store, site_id)
        self.owner.parts.reads.submit(self.owner.myAddress, reading)

    def read_memory(self, configuration: SiteConfiguration) -> None:
        reading = partial(read_memory, self.owner.parts.store, configuration)
        self.owner.parts.reads.submit(self.owner.myAddress, reading)

    def read_failed(self, failed: ReadFailed) -> None:
        """Plan to read again; a site without its memory is in error until then, and says why."""
        again_at = self.owner.now.monotonic + READ_AGAIN_AFTER
        if failed.site_id is None:
            log.error(
                "what is wanted could not be read, and is read again in %g s: %s", READ_AGAIN_AFTER, failed.reason
            )
            self.read_again_at = again_at
            return
        ward = self.owner.wards.get(failed.site_id)
        if ward is not None and ward.address is None:
            ward.read_at = again_at
            if ward.state.status is not Status.ERROR:
                # Shown, and not stored: what is stored is the memory that could not be read.
                log.error("%s: its memory cannot be read, and is read again: %s", ward.code, failed.reason)
                reason = f"its memory cannot be read: {failed.reason}"
                ward.state = ward.state._replace(status=Status.ERROR, reason=reason)

    def reconcile(self, configurations: Iterable[SiteConfiguration], site_id: int | None) -> None:
        """Take what is wanted: of all sites, or of one; a site that is no longer there is forgotten."""
        wards = self.owner.wards
        wanted = {configuration.site.id: configuration for configuration in configurations}
        known = set(wards) if site_id is None else {site_id} & set(wards)
        for gone in known - set(wanted):
            self.site_actors.forget(gone)
        for configuration in wanted.values():
            ward = wards.get(configuration.site.id)
            if ward is None:
                self.site_actors.add(configuration)
                self.read_memory(configuration)
            elif ward.configuration != configuration:
                self.configure(ward, configuration)
        self.dialling.deal_places()

    def configure(self, ward: Ward, configuration: SiteConfiguration) -> None:
        before, ward.configuration = ward.configuration, configuration
        is_same = link_of(before) == link_of(configuration)
        if not is_same:
            ward.has_session = False  # it may be another broker, or another session
        if ward.address is None:
            if ward.is_wanted and ward.state.status is Status.DISCONNECTED:
                self.site_actors.hurry(ward)  # it was stopped in its quarantine, and is started again
            return
        self.owner.send(ward.address, Configured(configuration))
        if ward.has_place and ward.is_wanted and not is_same:
            log.info("%s: the connection was configured anew", ward.code)
            self.dialling.restart(ward)

    def remember(self, configuration: SiteConfiguration, memory: SiteMemory) -> None:
        ward = self.owner.wards.get(configuration.site.id)
        if ward is not None and ward.address is None and ward.casualty is None:
            self.site_actors.begin(ward, memory)
