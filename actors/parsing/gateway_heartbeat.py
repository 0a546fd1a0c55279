"""A gateway is alive, and this is how its machine is doing.

    {"serial_number": "GW-001", "timestamp": "2025-11-25T10:15:30Z",
     "system": {"hostname": "ponte-nord", "system_uptime": "14 days, 3:24:30", "ram_total_gb": 8, "ram_used_gb": 2}}

The keys of `system` may stand beside it as well, as newer and older firmware have them. The topic names a gateway's
number only on sites that may have several.
"""

from typing import Any

from pydantic import model_validator

from .fields import Duration, Interval, Payload, Quantity, RawTime, Share, read_time
from .observations import GatewayObservation
from .parser import Context, Parser, Segments

ONLY_INSTANCE = "1"  # of a gateway whose topic names no number

# Read for the shares of memory and disk, and kept as they are too.
SIZES = {"ram_total_gb", "ram_used_gb", "disk_total_gb", "disk_free_gb"}


class GatewayHeartbeat(Payload):
    """The heartbeat of one gateway. `heart_beat` names the site, which `intake` compares for every parser."""

    heart_beat: str | None = None
    serial_number: str | None = None
    hostname: str | None = None
    ip_address: str | None = None
    firmware_version: str | None = None
    timestamp: RawTime = None
    message_interval_seconds: Interval | None = None
    system_uptime: Duration | None = None
    cpu_load_percent: Quantity | None = None  # of one core: two busy cores are 200
    ram_percent_used: Share | None = None
    ram_total_gb: Quantity | None = None
    ram_used_gb: Quantity | None = None
    disk_percent_used: Share | None = None
    disk_total_gb: Quantity | None = None
    disk_free_gb: Quantity | None = None

    @model_validator(mode="before")
    @classmethod
    def lift_system(cls, payload: Any) -> Any:
        """Put the keys of `system` beside it; what is said outside of it goes first."""
        if not isinstance(payload, dict) or payload.get("system") is None:
            return payload
        system = payload["system"]
        if not isinstance(system, dict):
            raise ValueError("system is not an object")
        outside = {key: value for key, value in payload.items() if key != "system" and value is not None}
        return system | outside


def observe(heartbeat: GatewayHeartbeat, segments: Segments, context: Context) -> tuple[GatewayObservation]:
    """Say which gateway was heard and how it is doing. Raises `FieldInvalid`."""
    total, free = heartbeat.disk_total_gb, heartbeat.disk_free_gb
    disk_used = total - free if total is not None and free is not None else None
    sizes = heartbeat.model_dump(include=SIZES, exclude_none=True)
    return (
        GatewayObservation(
            slot=f"gateway/{segments.get('instance', ONLY_INSTANCE)}",
            serial_number=heartbeat.serial_number or None,
            hostname=heartbeat.hostname or "",
            ip_address=heartbeat.ip_address or "",
            firmware_version=heartbeat.firmware_version or "",
            cpu_usage_percent=heartbeat.cpu_load_percent,
            memory_usage_percent=share(heartbeat.ram_percent_used, heartbeat.ram_used_gb, heartbeat.ram_total_gb),
            disk_usage_percent=share(heartbeat.disk_percent_used, disk_used, total),
            uptime_seconds=heartbeat.system_uptime,
            device_time=read_time("timestamp", heartbeat.timestamp, context),
            interval_seconds=heartbeat.message_interval_seconds,
            metadata=sizes | (heartbeat.model_extra or {}),
        ),
    )


def share(said: float | None, used: float | None, total: float | None) -> float | None:
    """Give the percentage that was said, or else the one that the sizes make; None if they make no sense."""
    if said is not None or used is None or not total or not 0 <= used <= total:
        return said
    return 100 * (used / total)  # in this order it cannot overflow


PARSER = Parser(
    name="gateway_heartbeat",
    patterns=("gateway/heartbeat", "gateway/{instance}/heartbeat"),
    model=GatewayHeartbeat,
    observe=observe,
)
