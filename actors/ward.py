"""A site under supervision, as its supervisor sees it."""

import logging
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
from .events import SiteDevices, StateChanged
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
    lost_memory: SiteMemory | None = None  # of an actor that failed

    @property
    def site_id(self) -> int:
        return self.configuration.site.id

    @property
    def is_wanted(self) -> bool:
        return self.configuration.site.is_active and self.configuration.connection.is_active

    @property
    def is_waiting(self) -> bool:
        """Whether it should have a place and has none."""
        return self.address is not None and self.is_wanted and not self.has_place

    @property
    def report(self) -> SiteReport:
        return SiteReport(self.configuration, self.state)

    def change(
        self, now: Now, status: Status, reason: str, failure: Failure | None = None, **observed: Any
    ) -> StateChanged:
        """Change the status: every change is a line in the log file and in the connection's log, and an event."""
        self.state = self.state._replace(status=status, reason=reason, **observed)
        level = logging.INFO if failure is None else logging.WARNING
        log.log(level, "%s: %s: %s", self.configuration.site.code, status.value, reason)
        entry = ConnectionLogRecord(
            site_id=self.site_id,
            at=now.epoch,
            level=logging.getLevelName(level),
            message=reason,
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
