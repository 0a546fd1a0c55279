"""A datalogger is alive, and this is what its sensors read last.

    {"heart_beat": "sito_001",
     "sensors_last_data": [{"device_name": "MNA00542", "ts": "2025-10-14 13:57:16.288000", "last_acc00": 0.0012}]}

Each `last_...` key of a sensor that holds a number is a channel. What it says beside that is kept in the
datalogger's metadata, under `sensors_last_data` and the sensor's serial.
"""

from functools import lru_cache
from typing import Annotated, Any

from pydantic import Field

from .faults import FieldInvalid
from .fields import Interval, Payload, RawTime, number, read_time
from .observations import DataloggerObservation, SensorObservation
from .parser import Context, Parser, Segments

CHANNEL_PREFIX = "last_"
LONGEST_KEY = 100  # characters

# One type of datalogger that is written in two ways must not become two dataloggers.
SPELLINGS = {"monstr-o": "monstro"}


class SensorEntry(Payload):
    """One sensor's last reading; its channels are keys that no field names."""

    device_name: str
    ts: RawTime = None


class DataloggerHeartbeat(Payload):
    """The heartbeat of one datalogger. `heart_beat` names the site, which `intake` compares for every parser."""

    heart_beat: str | None = None
    serial_number: str | None = None
    firmware_version: str | None = None
    ip_address: str | None = None
    timestamp: RawTime = None
    message_interval_seconds: Interval | None = None
    # Stop at the first bad one: the message is refused anyway, and a list of faults would be as long as the list.
    sensors_last_data: Annotated[list[SensorEntry], Field(fail_fast=True)] | None = None


def observe(heartbeat: DataloggerHeartbeat, segments: Segments, context: Context) -> tuple[DataloggerObservation]:
    """Say which datalogger was heard and what its sensors read. Raises `FieldInvalid`."""
    datalogger_type = SPELLINGS.get(segments["type"], segments["type"])
    instance = segments["instance"]
    sensors = []
    unread: dict[str, dict[str, Any]] = {}
    for entry in heartbeat.sensors_last_data or ():
        channels, rest = split_channels(entry.model_extra or {})
        time = read_time("sensors_last_data.*.ts", entry.ts, context)
        sensors.append(SensorObservation(entry.device_name, time, channels))
        if rest:
            unread[entry.device_name] = rest
    metadata = heartbeat.model_extra or {}
    if unread:
        metadata = {**metadata, "sensors_last_data": unread}
    return (
        DataloggerObservation(
            slot=f"{datalogger_type}/{instance}",
            serial_number=heartbeat.serial_number or None,
            datalogger_type=datalogger_type,
            instance_number=int(instance),
            device_time=read_time("timestamp", heartbeat.timestamp, context),
            interval_seconds=heartbeat.message_interval_seconds,
            firmware_version=heartbeat.firmware_version or "",
            ip_address=heartbeat.ip_address or "",
            sensors=tuple(sensors),
            metadata=metadata,
        ),
    )


def split_channels(unnamed: dict[str, Any]) -> tuple[dict[str, float], dict[str, Any]]:
    """Part a sensor's keys into channels and the rest. A `last_...` key of null was not read, and is neither.

    Raises `FieldInvalid`.
    """
    channels: dict[str, float] = {}
    rest: dict[str, Any] = {}
    for key, value in unnamed.items():
        name = channel_name(key)
        if name is None:
            rest[key] = value
        elif (reading := value if type(value) is float else number(value)) is not None:
            channels[name] = reading
        elif value is not None:
            rest[key] = value
    return channels, rest


@lru_cache(maxsize=4096)  # the same few keys come with every message; what raises is not kept, so memory is bounded
def channel_name(key: str) -> str | None:
    """Give the channel that a sensor's key names, None if it names none. Raises `FieldInvalid` for a huge key."""
    if len(key) > LONGEST_KEY:
        raise FieldInvalid("sensors_last_data.*", f"a key is longer than {LONGEST_KEY} characters")
    return key.removeprefix(CHANNEL_PREFIX) if key.startswith(CHANNEL_PREFIX) else None


PARSER = Parser(
    name="datalogger_heartbeat",
    patterns=("datalogger/{type}/{instance}/heartbeat",),
    model=DataloggerHeartbeat,
    observe=observe,
)
