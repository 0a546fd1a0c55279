"""What actors say to each other and what others may ask of them.

Commands are verbs, events say what has happened, queries are `Get...` and `List...` and their answer is the noun.
Every message is frozen: on this system base it passes by reference.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ..store.records import (
    ConnectionState,
    Kind,
    SiteConfiguration,
    Status,
)


class Now(NamedTuple):
    """One moment on both clocks.

    `epoch` (UTC seconds) is what is stored and shown; every decision about liveness and retries compares
    `monotonic`, so that setting the server's clock makes no device look dead.
    """

    epoch: float
    monotonic: float


# Questions that any thread may ask through `Runtime.ask`


@dataclass(frozen=True, slots=True)
class ListSites:
    """Every site under supervision. Answer: `tuple[SiteReport, ...]`."""


@dataclass(frozen=True, slots=True)
class GetSite:
    """One site under supervision. Answer: `SiteReport`, or `Unknown`."""

    site_id: int


@dataclass(frozen=True, slots=True)
class SiteReport:
    """A site's configuration as it is in force and how its connection is doing now."""

    configuration: SiteConfiguration
    state: ConnectionState


@dataclass(frozen=True, slots=True)
class ListDevices:
    """The newest records of a kind, with an id, deleted ones included. Answer: `tuple[DeviceRecord, ...]`."""

    kind: Kind
    site_id: int | None = None
    datalogger_id: int | None = None  # of sensors


@dataclass(frozen=True, slots=True)
class GetDevice:
    """The newest record of one device. Answer: the `DeviceRecord`, or `Unknown`."""

    kind: Kind
    id: int


@dataclass(frozen=True, slots=True)
class ListTopics:
    """The topics discovered on a site. Answer: `tuple[DiscoveredTopicRecord, ...]`."""

    site_id: int


@dataclass(frozen=True, slots=True)
class ListActors:
    """The supervision tree (row B16), or one site's part. Answer: `tuple[ActorReport, ...]`, each after its parent."""

    site_id: int | None = None


class ActorReport(NamedTuple):
    """An actor, as its parent sees it. Times are epoch seconds; paths are made of names, from the top down.

    `state` is `running`, `waiting_for_restart` or `quarantined`; only a connection has a `status` beside it.
    """

    kind: str
    name: str
    path: str
    parent: str | None  # a path
    site_id: int | None
    restart_limit: int
    restart_period_seconds: float
    state: str = "running"
    status: Status | None = None
    restarts: int = 0  # within the period
    failed_at: float | None = None  # the last time, if it ever failed
    failure: str = ""
    next_retry_at: float | None = None


@dataclass(frozen=True, slots=True)
class GetCounters:
    """What the runtime has counted since it started. Answer: `Counters`."""


@dataclass(frozen=True, slots=True)
class Counters:
    """Counts since the start, and how far behind the database is."""

    started_at: float
    messages: int
    messages_by_outcome: Mapping[str, int]  # the names are in `reception.py`
    states: Mapping[str, int]  # connections by status
    devices: Mapping[str, int]  # by kind
    unwritten: int  # records that wait for the database
    dropped: int  # log lines that had to go while the database took none
    database_error: str  # empty while the database takes what we write
    is_spooled: bool  # what the database does not take is in the spool, and survives the end of our process
    spool_error: str  # why it is not


@dataclass(frozen=True, slots=True)
class Unknown:
    """The answer to a question about something that is not there."""

    what: str


# Commands that any thread may give through `Runtime.tell`


@dataclass(frozen=True, slots=True)
class ReconcileSite:
    """A site's configuration or desired state has changed in the database: look again, now."""

    site_id: int


@dataclass(frozen=True, slots=True)
class ReconcileAll:
    """Many configurations may have changed (an import): look at all again, now."""


@dataclass(frozen=True, slots=True)
class RestartSite:
    """Forget the backoff and dial now (row B11)."""

    site_id: int


@dataclass(frozen=True, slots=True)
class ForceDiscovery:
    """Subscribe again, so that retained messages come anew."""

    site_id: int


@dataclass(frozen=True, slots=True)
class RelabelDevice:
    """A person has changed a label; it is in the database already. None: back to the serial."""

    kind: Kind
    id: int
    label: str | None


@dataclass(frozen=True, slots=True)
class MarkDevice:
    """A person has deleted (softly) or restored a device; it is in the database already."""

    kind: Kind
    id: int
    is_deleted: bool


@dataclass(frozen=True, slots=True)
class PauseTopic:
    """A person has paused or resumed a discovered topic; it is in the database already."""

    site_id: int
    topic_path: str
    is_active: bool
