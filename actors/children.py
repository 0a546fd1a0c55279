"""An actor's children that fail: each is begun again where it was, within its budget (row B9)."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field

from thespian.actors import ActorAddress

from ..config.settings import SupervisionSection
from .base import WardenActor
from .events import ChildFailed, ForDevice, Undelivered
from .messages import MarkDevice, Now, RelabelDevice
from .poison import fault_of, refusal_of
from .record_events import DeviceStored, MessageRefused, OwnerStored
from .restarts import RestartBudget, RestartPolicy

log = logging.getLogger("sitewarden.actors")

# What people have decided, and what the database has said, is said once: who waits gets it afterwards.
Kept = DeviceStored | OwnerStored | RelabelDevice | MarkDevice | ForDevice


class RestartsExceeded(Exception):
    """A child has failed too often: raised in its parent, which fails with it."""


@dataclass(slots=True)
class Trouble:
    """A child that has failed. `begin_at` is monotonic and tells that it waits, `failed_at` is epoch seconds.

    The error itself is not kept: it holds on to all that the failing handler had in its hands.
    """

    address: ActorAddress
    name: str
    who: str
    record: object  # its last good state
    message: object  # that it failed of
    failure: str
    failed_at: float
    budget: RestartBudget
    begin_at: float | None = None
    kept: list[Kept] = field(default_factory=list)


class Children:
    """Works in the name of a parent, `owner`, that knows how to open its children."""

    def __init__(self, owner: WardenActor, recorder: ActorAddress, policy: RestartPolicy, site_id: int) -> None:
        self.owner = owner
        self.recorder = recorder
        self.policy = policy
        self.site_id = site_id
        self.troubles: dict[str, Trouble] = {}

    def take_failure(self, kind: str, name: str, failed: ChildFailed, now: Now) -> Trouble | None:
        """Log what a child failed of; give its trouble if it is to be begun again at once.

        Raises `RestartsExceeded`, for the parent to fail with it.
        """
        who = f"{kind} {name}"
        fault = fault_of(self.site_id, who, failed)
        if fault is not None:
            self.owner.send(self.recorder, MessageRefused(fault))
        known = self.troubles.get(failed.address.addressDetails)
        budget = known.budget if known else RestartBudget(self.policy)
        trouble = Trouble(failed.address, name, who, failed.record, failed.message, describe(failed), now.epoch, budget)
        self.troubles[failed.address.addressDetails] = trouble
        delay = trouble.budget.after_failure(now.monotonic)
        if delay is None:
            raise RestartsExceeded(
                f"{who} has failed more than {self.policy.limit} times within {self.policy.period:g} s, last with"
                f" {type(failed.error).__name__}"
            ) from failed.error
        if delay:
            trouble.begin_at = now.monotonic + delay
            self.owner.system_base.set_aside(failed.address)
            log.warning("%s is begun again in %g s: it has failed again", who, delay)
            return None
        return trouble

    def due(self, now: Now) -> Iterator[Trouble]:
        """Give those whose wait is over."""
        for trouble in list(self.troubles.values()):
            if trouble.begin_at is not None and now.monotonic >= trouble.begin_at:
                trouble.begin_at = None
                yield trouble

    def revive(self, trouble: Trouble, opening: object) -> None:
        """Begin a child again with its first message, and give it what was kept for it."""
        self.owner.system_base.revive(trouble.address, opening)
        for message in trouble.kept:
            self.owner.send(trouble.address, message)
        trouble.kept = []

    def take_undelivered(self, undelivered: Undelivered) -> None:
        """Refuse what came for a child that waits: a device's message is logged, a decision is kept."""
        trouble = self.troubles.get(undelivered.address.addressDetails)
        if trouble is None:
            return
        if isinstance(undelivered.message, Kept):
            trouble.kept.append(undelivered.message)
            return
        refusal = refusal_of(self.site_id, trouble.who, undelivered.message)
        if refusal is not None:
            self.owner.send(self.recorder, MessageRefused(refusal))


def describe(failed: ChildFailed) -> str:
    """Say in a line why an actor has failed."""
    if isinstance(failed.error, RestartsExceeded):
        return str(failed.error)
    return f"{type(failed.error).__name__} in {type(failed.message).__name__}: {failed.error}"


def restart_policy(settings: SupervisionSection) -> RestartPolicy:
    return RestartPolicy(settings.restart_limit, settings.restart_period, settings.restart_delay)
