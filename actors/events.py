"""What actors tell each other of sites, links and time; of devices and records in `device_events.py`.

What other threads may say is in `messages.py`. `Arrived` is a named tuple, for it is made for every MQTT message.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from thespian.actors import ActorAddress

from ..store.records import (
    DeviceKey,
    SiteConfiguration,
    SiteMemory,
)
from .messages import MarkDevice, Now, RelabelDevice

if TYPE_CHECKING:
    from .failures import Failure
    from .mqtt import Session
    from .parts import Parts


# Time and supervision


@dataclass(frozen=True, slots=True)
class Tick:
    """The time has come to look at deadlines: for the supervisor some times a second, for a connection once."""

    now: Now


@dataclass(frozen=True, slots=True)
class ChildFailed:
    """A child's handler raised and the child has ended. `record` is its last good state, if it keeps one."""

    address: ActorAddress
    record: object
    message: object
    error: Exception


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A message for a child that has failed and has not been begun again."""

    address: ActorAddress
    message: object


# Questions from outside


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, with where its answer goes."""

    id: int
    question: object
    reply_to: ActorAddress


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to the question with this id."""

    id: int
    answer: object


# Supervisor and connections


@dataclass(frozen=True, slots=True)
class OpenSupervisor:
    """The supervisor's first message."""

    parts: Parts
    now: Now


@dataclass(frozen=True, slots=True)
class ConfigurationsRead:
    """What people want, as the database has it now: of all sites, or of one (which may be gone)."""

    configurations: tuple[SiteConfiguration, ...]
    site_id: int | None = None


@dataclass(frozen=True, slots=True)
class MemoryRead:
    """What is remembered of a site."""

    configuration: SiteConfiguration
    memory: SiteMemory


@dataclass(frozen=True, slots=True)
class ReadFailed:
    """The database did not answer; it is asked again at a later tick."""

    site_id: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class OpenSite:
    """A connection actor's first message."""

    parts: Parts
    configuration: SiteConfiguration
    memory: SiteMemory
    now: Now


@dataclass(frozen=True, slots=True)
class Configured:
    """People have decided anew; the link is not touched by this."""

    configuration: SiteConfiguration


@dataclass(frozen=True, slots=True)
class Dial:
    """Open the link now, dropping one that may be open."""

    now: Now


@dataclass(frozen=True, slots=True)
class CloseLink:
    """Say goodbye and disconnect; answered by `LinkClosed`, at once if there is no link."""

    now: Now


@dataclass(frozen=True, slots=True)
class LinkOpened:
    """CONNACK and every SUBACK have come."""

    site_id: int
    session_present: bool
    now: Now


@dataclass(frozen=True, slots=True)
class LinkLost:
    """The link could not be opened, or has ended without our wish.

    `heard_at` (epoch seconds) is when the broker was last heard over it; None if it never was.
    """

    site_id: int
    failure: Failure
    heard_at: float | None = None


@dataclass(frozen=True, slots=True)
class LinkNoted:
    """Something about an open link that its operator should know; the link stays. `level` is one of `logging`'s.

    `kind` is that of the failure which the link shows though it is open, if it does.
    """

    site_id: int
    level: int
    message: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class LinkClosed:
    """The link has ended as we wished."""

    site_id: int


@dataclass(frozen=True, slots=True)
class Heard:
    """Messages have come over a site's link, the newest at `at` (epoch seconds)."""

    site_id: int
    at: float


@dataclass(frozen=True, slots=True)
class ForDevice:
    """A person's decision about one device, on its way down the tree."""

    key: DeviceKey
    decision: RelabelDevice | MarkDevice


# A connection and its link


@dataclass(frozen=True, slots=True)
class Dialled:
    """A worker has sent CONNECT; the session is the actor thread's from now on."""

    session: Session

    def abandon(self) -> None:
        """Close the session: nobody is there to take it."""
        self.session.drop(None)


@dataclass(frozen=True, slots=True)
class DialFailed:
    """DNS, TCP or TLS failed."""

    failure: Failure


@dataclass(frozen=True, slots=True)
class Greeted:
    """CONNACK has come: the broker takes us."""

    attempt: int
    session_present: bool


@dataclass(frozen=True, slots=True)
class Granted:
    """SUBACK has come; `refused` are the filters that the broker does not let us hear."""

    attempt: int
    refused: tuple[str, ...]
    now: Now
    reason: str = ""  # of the first that is refused; only MQTT 5 gives one


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """The session's socket is closed. `failure` is None where we closed it."""

    attempt: int
    failure: Failure | None
    was_cut: bool = False  # the broker closed a working session, and gave no reason
    heard_at: float | None = None  # when the broker was last heard, in epoch seconds


class Arrived(NamedTuple):
    """An MQTT message. `topic` is None where its name is not UTF-8."""

    topic: str | None
    payload: bytes
    qos: int
    retain: bool
    dup: bool
    now: Now
    packet_id: int = 0  # a redelivery has that of the first delivery; 0 at QoS 0
    attempt: int = 0  # whose session it came over: an acknowledgement is for that one alone
