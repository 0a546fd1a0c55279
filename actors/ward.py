"""A site under supervision, as its supervisor sees it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from thespian.actors import ActorAddress

from ..store.records import (
    ConnectionLogRecord,
    ConnectionState,
    DataloggerRecord,
    GatewayRecord,
    SensorRecord,
    SiteConfiguration,
    SiteMemory,
    Status,
)
from .backoff import BackoffPolicy, after_failure
from .device_events import SiteDevices, StateChanged
from .events import ChildFailed, LinkOpened
from .failures import Failure
from .messages import Now, SiteReport

log = logging.getLogger("sitewarden.connections")


@dataclass(slots=True)
class Ward:
    """A supervised site. Times are monotonic seconds; None where nothing is planned or has happened."""

    configuration: SiteConfiguration
    state: ConnectionState
    address: ActorAddress | None = None  # None until it is remembered, and while it is begun again
    has_place: bool = False  # among the connections that may be open at once
    dial_at: float | None = None
    opened_at: float | None = None
    check_at: float = 0.0
    restart_at: float | None = None
    read_at: float | None = None  # when its memory, which could not be read, is read again
    lost_memory: SiteMemory | None = None  # of an actor that failed

    @property
    def site_id(self) -> int:
        return self.configuration.site.id

    @property
    def is_wanted(self) -> bool:
        return self.configuration.site.is_active and self.configuration.connection.is_active

    @property
    def report(self) -> SiteReport:
        return SiteReport(self.configuration, self.state)

    def dial(self, now: Now) -> StateChanged:
        self.dial_at = self.opened_at = None
        connection = self.configuration.connection
        where = f"{connection.broker_host}:{connection.broker_port}"
        return self.change(now, Status.CONNECTING, f"dialling {where}", next_retry_at=None)

    def open(self, opened: LinkOpened) -> StateChanged:
        self.dial_at = None
        self.opened_at = opened.now.monotonic
        session = "its session was kept" if opened.session_present else "with a new session"
        return self.change(
            opened.now,
            Status.CONNECTED,
            f"every subscription is granted, {session}",
            next_retry_at=None,
            last_connected_at=opened.now.epoch,
            error_kind="",
            error_message="",
        )

    def lose(self, now: Now, failure: Failure, jitter: float, uniform: Callable[[float, float], float]) -> StateChanged:
        """Plan the retry after a link failed, or could not be opened."""
        connection = self.configuration.connection
        policy = BackoffPolicy(connection.retry_delay, connection.max_retry_delay, jitter)
        retry = after_failure(policy, self.state.retry_count, uniform)
        self.dial_at = now.monotonic + retry.delay
        self.opened_at = None
        return self.change(
            now,
            Status.BACKING_OFF,
            failure.message,
            failure,
            f"retry {retry.retry_count} in {retry.delay:.1f} s",
            retry_count=retry.retry_count,
            next_retry_at=now.epoch + retry.delay,
            error_kind=failure.kind.value,
            error_message=failure.message,
            connection_errors=self.state.connection_errors + 1,
        )

    def hang_up(self, now: Now) -> StateChanged:
        self.dial_at = None
        return self.change(now, Status.STOPPING, "saying goodbye", next_retry_at=None)

    def close(self, now: Now) -> StateChanged:
        """Take the end of a link that nobody wants; one that ends with our process keeps its count of retries."""
        self.has_place = False
        self.opened_at = None
        retries = self.state.retry_count if self.is_wanted else 0
        return self.change(now, Status.DISCONNECTED, "stopped", retry_count=retries, next_retry_at=None)

    def fail(self, now: Now, failed: ChildFailed) -> StateChanged:
        """Take the failure of the site's actor; what it knew is kept for the next one."""
        self.address = None
        self.dial_at = self.opened_at = None
        self.has_place = False
        if isinstance(failed.record, SiteMemory):
            self.lost_memory = failed.record
        return self.change(now, Status.ERROR, f"{type(failed.error).__name__} in {type(failed.message).__name__}")

    def change(
        self, now: Now, status: Status, reason: str, failure: Failure | None = None, plan: str = "", **observed: Any
    ) -> StateChanged:
        """Change the status: every change is a line in the log file and in the connection's log, and an event.

        `plan` is what is true only now: it is logged, and is no part of the reason that is shown while it lasts.
        """
        self.state = self.state._replace(status=status, reason=reason, **observed)
        level = logging.INFO if failure is None else logging.WARNING
        message = f"{reason}; {plan}" if plan else reason
        log.log(level, "%s: %s: %s", self.configuration.site.code, status.value, message)
        entry = ConnectionLogRecord(
            site_id=self.site_id,
            at=now.epoch,
            level=logging.getLevelName(level),
            message=message,
            status=status,
            exception_type=failure.exception_type if failure else "",
            traceback=failure.traceback if failure else "",
            broker_host=self.configuration.connection.broker_host,
            retry_attempt=self.state.retry_count,
        )
        return StateChanged(self.state, entry)

    def memory_with(self, devices: SiteDevices) -> SiteMemory:
        """What an actor that failed knew, to begin again from: its topics, and the newest records of its devices."""
        memory = self.lost_memory or SiteMemory(self.state)
        return memory._replace(
            state=self.state,
            gateways=tuple(record for record in devices.records if isinstance(record, GatewayRecord)),
            dataloggers=tuple(record for record in devices.records if isinstance(record, DataloggerRecord)),
            sensors=tuple(record for record in devices.records if isinstance(record, SensorRecord)),
        )
