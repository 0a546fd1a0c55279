"""What one message says about devices, in our terms.

None and the empty string mean "not said": the actor keeps what it knew. Times are epoch seconds by the device's
clock, durations seconds. Slots are those of `store.records.DeviceKey`.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple


class SensorObservation(NamedTuple):
    """A reading of one sensor: its channels, each a finite number."""

    serial_number: str
    device_time: float | None
    channels: dict[str, float]
    sensor_type: str = ""
    unit_of_measure: str = ""


class DataloggerObservation(NamedTuple):
    """A datalogger was heard, with the readings that came along."""

    slot: str
    serial_number: str | None = None
    datalogger_type: str = ""
    instance_number: int | None = None
    device_time: float | None = None
    interval_seconds: float | None = None
    firmware_version: str = ""
    ip_address: str = ""
    acquisition: str = ""
    sensors: tuple[SensorObservation, ...] = ()
    metadata: Mapping[str, Any] = {}


class GatewayObservation(NamedTuple):
    """A gateway was heard."""

    slot: str
    serial_number: str | None = None
    hostname: str = ""
    ip_address: str = ""
    firmware_version: str = ""
    cpu_usage_percent: float | None = None
    memory_usage_percent: float | None = None
    disk_usage_percent: float | None = None
    uptime_seconds: float | None = None
    device_time: float | None = None
    interval_seconds: float | None = None
    metadata: Mapping[str, Any] = {}


Observation = DataloggerObservation | GatewayObservation
