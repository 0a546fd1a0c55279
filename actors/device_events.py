"""What a site's actor and those of its devices tell each other.

Of links in `events.py`, of records in `record_events.py`.

`Source` and `SensorObserved` are named tuples, for they are made for every message, or every sensor of one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ..store.records import (
    DataloggerRecord,
    GatewayRecord,
    SensorRecord,
)
from .messages import Now

if TYPE_CHECKING:
    from .availability import GatewaySilence
    from .events import Arrived
    from .parsing.observations import DataloggerObservation, GatewayObservation, SensorObservation
    from .parts import Parts


# A connection and its devices


class Source(NamedTuple):
    """The message that an observation was read from, and by which parser: for the log, should it make an actor fail."""

    arrived: Arrived
    parser: str


@dataclass(frozen=True, slots=True)
class OpenGateway:
    """A gateway actor's first message."""

    parts: Parts
    record: GatewayRecord
    link_up_since: float | None


@dataclass(frozen=True, slots=True)
class OpenDatalogger:
    """A datalogger actor's first message. `sensors` are those that are remembered."""

    parts: Parts
    record: DataloggerRecord
    sensors: tuple[SensorRecord, ...]
    link_up_since: float | None
    rolling_readings: int
    now: Now


@dataclass(frozen=True, slots=True)
class OpenSensor:
    """A sensor actor's first message."""

    parts: Parts
    record: SensorRecord
    link_up_since: float | None
    rolling_readings: int


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """The site's link is up, or down: while it is down nothing can be known of a device."""

    is_up: bool
    now: Now


@dataclass(frozen=True, slots=True)
class CheckDevice:
    """Look at the deadline. `interval` is the cadence expected, unless the device has declared its own.

    `gateways` is None for a gateway, and where no gateway of the site is known to be there.
    """

    now: Now
    interval: float
    multiplier: float
    gateways: GatewaySilence | None = None


@dataclass(frozen=True, slots=True)
class GatewayChecked:
    """A gateway has looked at its deadline. `silent_since` (monotonic) is None if it cannot be judged now."""

    record: GatewayRecord
    interval: float
    silent_since: float | None


@dataclass(frozen=True, slots=True)
class RollingChanged:
    """So many readings are kept from now on."""

    rolling_readings: int


@dataclass(frozen=True, slots=True)
class GatewayObserved:
    """A message spoke of this gateway. Only a `live` one proves that it is alive (not retained, not queued)."""

    observation: GatewayObservation
    live: bool
    counted: bool
    now: Now
    source: Source


@dataclass(frozen=True, slots=True)
class DataloggerObserved:
    """A message spoke of this datalogger. One that is not `counted` (retained) is no heartbeat."""

    observation: DataloggerObservation
    live: bool
    counted: bool
    now: Now
    source: Source


class SensorObserved(NamedTuple):
    """A message spoke of this sensor."""

    observation: SensorObservation
    live: bool
    now: Now
    source: Source
