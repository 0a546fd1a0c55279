"""A site under supervision, as its supervisor sees it: its status, and every change of it."""

import logging
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from thespian.actors import ActorAddress

from ..store.records import (
    ConnectionLogRecord,
    ConnectionState,
    DeviceEventRecord,
    SiteConfiguration,
    Status,
)
from .backoff import BackoffPolicy, Park, RetryAt, after_failure
from .desired import link_digest
from .events import ChildFailed, LinkLost, LinkNoted, LinkOpened
from .failures import PARKING, Failure
from .gaps import gap_of
from .messages import Now, PauseTopic, SiteReport
from .record_events import GapFound, IdentityEvent, StateChanged
from .restarts import RestartBudget

log = logging.getLogger("sitewarden.connections")

PARKED_EVENT = "connection_parked"
RECOVERED_EVENT = "connection_recovered"


class Plan(NamedTuple):
    """When the link was to be dialled next; `at` is epoch seconds, None for never."""

    at: float | None
    is_parked: bool


class Casualty(NamedTuple):
    """An actor that failed at `at` (epoch seconds), and what its site's link was doing then.

    `failed` goes when the next one is begun: it holds on to all that the failing handler had in its hands.
    """

    failed: ChildFailed | None
    at: float
    reason: str
    state: ConnectionState


# What a change of a site makes others know: the board of a status, the recorder of what happened.
Told = StateChanged | IdentityEvent | GapFound


@dataclass(slots=True)
class Ward:
    """A supervised site. Times are monotonic seconds; None where nothing is planned or has happened."""

    configuration: SiteConfiguration
    state: ConnectionState
    budget: RestartBudget  # of its actor
    address: ActorAddress | None = None  # None until it is remembered, and while it is begun again
    has_place: bool = False  # among the connections that may be open at once
    dial_at: float | None = None
    opened_at: float | None = None
    check_at: float = 0.0
    restart_at: float | None = None
    read_at: float | None = None  # when its memory, which could not be read, is read again
    is_probe: bool = False  # whether the dial under way is that of a parked link
    is_park_told: bool = False
    has_session: bool = False  # at the broker, as far as we know
    planned: Plan | None = None  # from before a restart, of ours or of its actor
    casualty: Casualty | None = None  # its actor that failed last
    is_quarantined: bool = False
    kept: list[PauseTopic] = field(default_factory=list)  # what people decided while it had no actor

    @property
    def site_id(self) -> int:
        return self.configuration.site.id

    @property
    def code(self) -> str:
        return self.configuration.site.code

    @property
    def is_wanted(self) -> bool:
        return self.configuration.site.is_active and self.configuration.connection.is_active

    @property
    def report(self) -> SiteReport:
        return SiteReport(self.configuration, self.state)

    # Its link

    def dial(self, now: Now, is_probe: bool) -> StateChanged:
        self.is_probe = is_probe
        connection = self.configuration.connection
        what = "probing" if is_probe else "dialling"
        return self.change(
            now,
            Status.CONNECTING,
            f"{what} {connection.broker_host}:{connection.broker_port}",
            **self.leave(now),
            next_retry_at=None,
            link_digest=link_digest(self.configuration),
        )

    def leave(self, now: Now, heard_at: float | None = None) -> dict[str, Any]:
        """Forget what was planned for the link, and when it was opened; gives what changes if it was open.

        `heard_at` is when the broker was last heard, where the link may have been dead for longer than we knew.
        """
        was_open = self.opened_at is not None
        self.dial_at = self.opened_at = None
        return {"disconnected_at": heard_at or now.epoch} if was_open else {}

    def open(self, opened: LinkOpened, discovers: bool) -> tuple[Told, ...]:
        """Take an open link. A probe that succeeds is a link like any other; its count starts again after proof."""
        before = self.state
        self.dial_at = None
        self.is_probe = False
        self.opened_at = opened.now.monotonic
        session = "its session was kept" if opened.session_present else "with a new session"
        change = self.change(
            opened.now,
            Status.CONNECTED,
            f"every subscription is granted, {session}",
            next_retry_at=None,
            last_connected_at=opened.now.epoch,
            error_kind="",
            error_message="",
        )
        told: tuple[Told, ...] = (change,)
        had_session, self.has_session = self.has_session, True
        if had_session:
            told += self.find_gap(before, opened, discovers)
        if self.is_park_told:
            self.is_park_told = False
            told += (self.event(opened.now, RECOVERED_EVENT, "the connection, which was parked, is open again"),)
        return told

    def find_gap(self, before: ConnectionState, opened: LinkOpened, discovers: bool) -> tuple[Told, ...]:
        gap = gap_of(self.configuration, before, discovers, opened.session_present, opened.now.epoch)
        if gap is None:
            return ()
        message = f"messages may be missing from {time_text(gap.started_at)} to {time_text(gap.ended_at)}: {gap.reason}"
        return GapFound(gap), StateChanged(self.state, self.entry(opened.now, logging.WARNING, message))

    def lose(
        self,
        now: Now,
        lost: LinkLost,
        jitter: float,
        probe_interval: float,
        uniform: Callable[[float, float], float],
    ) -> tuple[Told, ...]:
        """Plan the retry after a link failed, or could not be opened, or park it."""
        failure = lost.failure
        connection = self.configuration.connection
        policy = BackoffPolicy(
            connection.retry_delay, connection.max_retry_delay, jitter, connection.max_retries, probe_interval
        )
        is_hopeless = self.is_probe or failure.kind in PARKING
        observed = {
            **self.leave(now, lost.heard_at),
            "error_kind": failure.kind.value,
            "error_message": failure.message,
            "connection_errors": self.state.connection_errors + 1,
        }
        self.is_probe = False
        match after_failure(policy, self.state.retry_count, is_hopeless, uniform):
            case RetryAt(delay=delay, retry_count=count):
                self.dial_at = now.monotonic + delay
                observed |= {"retry_count": count, "next_retry_at": now.epoch + delay}
                plan = f"retry {count} in {delay:.1f} s"
                return (self.change(now, Status.BACKING_OFF, failure.message, failure, plan=plan, **observed),)
            case Park(delay=delay):
                return self.park(now, failure, delay, observed)

    def park(self, now: Now, failure: Failure, delay: float | None, observed: dict[str, Any]) -> tuple[Told, ...]:
        """Give up, but for a probe in `delay` seconds. That is told once, until it is connected again."""
        self.dial_at = None if delay is None else now.monotonic + delay
        observed["next_retry_at"] = None if delay is None else now.epoch + delay
        plan = "parked until it is restarted (by the API, or `sitewarden restart CODE`)"
        plan += "" if delay is None else f", or the probe in {delay:.0f} s succeeds"
        if self.is_park_told:
            return (self.change(now, Status.PARKED, failure.message, failure, plan=plan, **observed),)
        self.is_park_told = True
        change = self.change(now, Status.PARKED, failure.message, failure, logging.ERROR, plan=plan, **observed)
        return change, self.event(now, PARKED_EVENT, f"{failure.message} ({failure.kind}); {plan}")

    def note(self, noted: LinkNoted, now: Now) -> StateChanged:
        """Show what should be known of the link; its status stays."""
        error = noted.message if noted.kind else ""
        self.state = self.state._replace(reason=noted.message, error_kind=noted.kind, error_message=error)
        return StateChanged(self.state, self.entry(now, noted.level, noted.message))

    def hang_up(self, now: Now) -> StateChanged:
        return self.change(now, Status.STOPPING, "saying goodbye", **self.leave(now), next_retry_at=None)

    def close(self, now: Now) -> StateChanged:
        """Take the end of a link that nobody wants; one that ends with our process keeps its count of retries."""
        self.has_place = self.is_probe = False
        self.planned = None
        retries = self.state.retry_count if self.is_wanted else 0
        left = self.leave(now)
        return self.change(now, Status.DISCONNECTED, "stopped", **left, retry_count=retries, next_retry_at=None)

    # Telling

    def change(
        self,
        now: Now,
        status: Status,
        reason: str,
        failure: Failure | None = None,
        level: int | None = None,
        *,
        plan: str = "",
        **observed: Any,
    ) -> StateChanged:
        """Change the status: every change is a line in the log file and in the connection's log, and an event.

        `plan` is what is true only now: it is logged, and is no part of the reason that is shown while it lasts.
        """
        self.state = self.state._replace(status=status, reason=reason, **observed)
        message = f"{reason}; {plan}" if plan else reason
        usual = logging.INFO if failure is None else logging.WARNING
        return StateChanged(self.state, self.entry(now, level or usual, message, failure))

    def crash(self, now: Now, error: Exception, reason: str, plan: str, **observed: Any) -> StateChanged:
        """Take the failure of the site's actor: an error of ours, whose traceback is in the log."""
        change = self.change(now, Status.ERROR, reason, None, logging.ERROR, plan=plan, **observed)
        assert change.entry is not None
        trace = "".join(traceback.format_exception(error))
        entry = change.entry._replace(exception_type=type(error).__name__, traceback=trace)
        return StateChanged(change.state, entry)

    def entry(self, now: Now, level: int, message: str, failure: Failure | None = None) -> ConnectionLogRecord:
        log.log(level, "%s: %s: %s", self.code, self.state.status.value, message)
        return ConnectionLogRecord(
            site_id=self.site_id,
            at=now.epoch,
            level=logging.getLevelName(level),
            message=message,
            status=self.state.status,
            exception_type=failure.exception_type if failure else "",
            traceback=failure.traceback if failure else "",
            broker_host=self.configuration.connection.broker_host,
            retry_attempt=self.state.retry_count,
        )

    def event(self, now: Now, event: str, message: str) -> IdentityEvent:
        return IdentityEvent(DeviceEventRecord(self.site_id, now.epoch, event, "", message))


def time_text(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
