"""The supervision tree as people see it (row B16): read off the system base, so that no actor need be asked."""

from collections.abc import Iterable, Iterator
from typing import Any

from .messages import ActorReport, Now
from .restarts import RestartPolicy
from .systembase import SystemBase
from .ward import Ward

RUNNING = "running"
WAITING = "waiting_for_restart"
QUARANTINED = "quarantined"

NOTHING_HAPPENED: dict[str, Any] = ActorReport._field_defaults

# An actor's children, by its address: each with its own address and thespian's reference to it.
Offspring = dict[str, list[tuple[str, Any]]]


def tree_of(
    base: SystemBase, wards: Iterable[Ward], policy: RestartPolicy, now: Now, site_id: int | None
) -> tuple[ActorReport, ...]:
    """Give every actor, each after its parent; with a `site_id` those of one site alone.

    What stands beside the supervisor has no parent that could begin it again: its limit is 0.
    """
    offspring = offspring_of(base)
    reports: list[ActorReport] = []
    for _, ref in offspring.get(base.system.systemAddress.addressDetails, ()):
        if site_id is None and hasattr(ref.instance, "kind"):
            name = ref.instance.name
            reports.append(ActorReport(ref.instance.kind(), name, name, None, None, 0, policy.period))
    for ward in wards:
        if site_id in (None, ward.site_id):
            connection = connection_report(ward, policy, now)
            reports.append(connection)
            if ward.address is not None:
                reports += device_reports(base, offspring, ward.address.addressDetails, connection, now)
    return tuple(reports)


def offspring_of(base: SystemBase) -> Offspring:
    offspring: Offspring = {}
    for address, ref in base.actorRegistry.items():
        if ref is not None:
            offspring.setdefault(ref.parent.addressDetails, []).append((address, ref))
    return offspring


def connection_report(ward: Ward, policy: RestartPolicy, now: Now) -> ActorReport:
    state = RUNNING
    if ward.address is None and ward.casualty is not None:
        state = QUARANTINED if ward.is_quarantined else WAITING
    return ActorReport(
        kind="connection",
        name=ward.code,
        path=f"supervisor/{ward.code}",
        parent="supervisor",
        site_id=ward.site_id,
        restart_limit=policy.limit,
        restart_period_seconds=policy.period,
        state=state,
        status=ward.state.status,
        restarts=ward.budget.used(now.monotonic),
        failed_at=ward.casualty.at if ward.casualty else None,
        failure=ward.casualty.reason if ward.casualty else "",
        next_retry_at=ward.state.next_retry_at,
    )


def device_reports(
    base: SystemBase, offspring: Offspring, address: str, parent: ActorReport, now: Now
) -> Iterator[ActorReport]:
    parent_actor = base.actorRegistry[address].instance
    troubles = {} if parent_actor is None else parent_actor.troubles()
    for child, ref in offspring.get(address, ()):
        trouble = troubles.get(child)
        fallen = base.fallen.get(child)
        if ref.instance is not None:
            kind, name = ref.instance.kind(), ref.instance.name
        elif trouble is not None and fallen is not None:
            kind, name = fallen.actor_class.kind(), trouble.name
        else:
            continue  # it exits
        report = parent._replace(
            kind=kind, name=name, path=f"{parent.path}/{name}", parent=parent.path, **NOTHING_HAPPENED
        )
        if trouble is not None:
            waits = None if trouble.begin_at is None else trouble.begin_at - now.monotonic
            report = report._replace(
                state=RUNNING if waits is None else WAITING,
                restarts=trouble.budget.used(now.monotonic),
                failed_at=trouble.failed_at,
                failure=trouble.failure,
                next_retry_at=None if waits is None else now.epoch + waits,
            )
        yield report
        yield from device_reports(base, offspring, child, report, now)
