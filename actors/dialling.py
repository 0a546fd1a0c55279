"""Which sites may have a link, and when it is dialled (rows B1, B2, B4 to B6, B11)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..store.records import Status
from .backoff import is_proved
from .events import CloseLink, Dial, LinkLost, LinkNoted, LinkOpened
from .messages import Now
from .record_events import StateChanged
from .ward import Plan, Ward

if TYPE_CHECKING:
    from .supervisor import SupervisorActor


class Dialling:
    """Works in the name of the supervisor, which alone says when a link is dialled, and when it is let go.

    A site that is backed off from, parked or begun again keeps its place among those that may have a link.
    """

    def __init__(self, owner: SupervisorActor) -> None:
        self.owner = owner
        self.settings = owner.parts.settings.mqtt
        self.next_turn = 0.0  # of a first dial, so that a fleet does not dial all at once

    @property
    def now(self) -> Now:
        return self.owner.now

    # Places

    def deal_places(self) -> None:
        """Let go of links that nobody wants, and give their places to sites that wait."""
        if self.owner.is_stopping:
            return
        for ward in self.owner.wards.values():
            if not ward.is_wanted:
                self.let_go(ward)
        taken = sum(ward.has_place for ward in self.owner.wards.values())
        for ward in self.owner.wards.values():
            if ward.has_place or not ward.is_wanted or (ward.address is None and ward.state.status is Status.ERROR):
                continue
            if taken < self.settings.max_connections:
                taken += 1  # also by one that is not remembered yet: who is first does not depend on that
                if ward.address is not None:
                    ward.has_place = True
                    self.plan_first_dial(ward)
            elif ward.address is not None and ward.state.status is not Status.QUEUED:
                most = self.settings.max_connections
                reason = f"all {most} connections (MQTT_MAX_CONNECTIONS) are in use"
                self.owner.tell(ward.change(self.now, Status.QUEUED, reason))

    def let_go(self, ward: Ward) -> None:
        if ward.state.status is Status.QUEUED or (ward.is_quarantined and ward.state.status is Status.ERROR):
            self.owner.tell(ward.close(self.now))
        elif ward.has_place and ward.state.status is not Status.STOPPING:
            self.hang_up(ward)

    def plan_first_dial(self, ward: Ward) -> None:
        """Dial when it is its turn; a retry or a probe that was planned before a restart keeps its time."""
        turn = max(self.next_turn, self.now.monotonic)
        self.next_turn = turn + self.settings.start_spread
        plan, ward.planned = ward.planned, None
        if plan is not None and plan.is_parked:
            self.resume_parking(ward, plan, turn)
        elif plan is not None and plan.at is not None and plan.at > self.now.epoch:
            longest = ward.configuration.connection.max_retry_delay
            delay = self.wait_of(plan.at, longest)
            ward.dial_at = self.now.monotonic + delay
            reason = f"waits for the retry that was planned before the restart: {ward.state.error_message}"
            self.owner.tell(ward.change(self.now, Status.BACKING_OFF, reason, next_retry_at=self.now.epoch + delay))
        elif turn > self.now.monotonic:
            ward.dial_at = turn
        else:
            self.dial(ward)

    def resume_parking(self, ward: Ward, plan: Plan, turn: float) -> None:
        interval = self.settings.parked_probe_interval
        delay = None
        if interval:
            delay = interval if plan.at is None else self.wait_of(plan.at, interval)
            ward.dial_at = max(turn, self.now.monotonic + delay)
        reason = f"was parked before the restart: {ward.state.error_message}"
        at = None if delay is None else self.now.epoch + delay
        self.owner.tell(ward.change(self.now, Status.PARKED, reason, next_retry_at=at))

    def wait_of(self, at: float, longest: float) -> float:
        """How long it is until `at` (epoch seconds); somebody may have set the clock back by a year meanwhile."""
        return max(0.0, min(at - self.now.epoch, longest * (1 + self.settings.retry_jitter)))

    # Links

    def dial_planned(self, ward: Ward) -> None:
        self.dial(ward, is_probe=ward.state.status is Status.PARKED)

    def check_proof(self, ward: Ward) -> None:
        """Reset the count of a link that has proved itself."""
        if ward.opened_at is None or ward.state.retry_count == 0:
            return
        held = self.now.monotonic - ward.opened_at
        if is_proved(held, ward.configuration.connection.keep_alive_interval):
            ward.state = ward.state._replace(retry_count=0)
            self.owner.tell(StateChanged(ward.state))

    def dial(self, ward: Ward, is_probe: bool = False) -> None:
        assert ward.address is not None
        self.owner.tell(ward.dial(self.now, is_probe))
        self.owner.send(ward.address, Dial(self.now))

    def hang_up(self, ward: Ward) -> None:
        assert ward.address is not None
        self.owner.tell(ward.hang_up(self.now))
        self.owner.send(ward.address, CloseLink(self.now))

    def restart(self, ward: Ward) -> None:
        """Forget the backoff and dial now; a site that is not wanted stays as it is, one without a place waits on."""
        if self.owner.is_stopping or not ward.is_wanted or ward.address is None:
            return
        ward.planned = None
        ward.state = ward.state._replace(retry_count=0, next_retry_at=None)
        if ward.has_place:
            self.dial(ward)

    def link_opened(self, ward: Ward, opened: LinkOpened) -> None:
        if ward.state.status in (Status.CONNECTING, Status.BACKING_OFF):
            self.owner.tell(*ward.open(opened, self.settings.auto_discovery_enabled))

    def link_lost(self, ward: Ward, lost: LinkLost) -> None:
        if ward.is_wanted and not self.owner.is_stopping:
            jitter, interval = self.settings.retry_jitter, self.settings.parked_probe_interval
            self.owner.tell(*ward.lose(self.now, lost, jitter, interval, self.owner.parts.uniform))
        else:
            self.link_closed(ward)

    def link_closed(self, ward: Ward) -> None:
        self.owner.tell(ward.close(self.now))
        self.deal_places()

    def link_noted(self, ward: Ward, noted: LinkNoted) -> None:
        self.owner.tell(ward.note(noted, self.now))
