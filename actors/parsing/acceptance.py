"""What every observation must keep to, whoever's parser made it: strict in what is stored.

What comes through here fits the database's columns, can be compared and added, and names devices as row C3 wants.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from math import isfinite
from typing import Any

from pydantic_core import to_json

from ..device_time import EARLIEST, LATEST
from .document import NOT_FINITE, Limits
from .faults import FieldInvalid
from .observations import DataloggerObservation, GatewayObservation, Observation, SensorObservation
from .patterns import IDENTITY, is_identity

LONGEST_TEXT = 255  # characters of a hostname, a version, a unit

is_channel_name = re.compile(r"[A-Za-z0-9._:-]{1,50}").fullmatch

METADATA_LEFT_OUT = "metadata_left_out"  # key under which it is said how many keys were


def accept(observation: Observation, limits: Limits) -> Observation:
    """Give an observation that may be stored: as it is, or with its metadata cut to size.

    Raises `FieldInvalid` naming the field; `TypeError` for what is no observation.
    """
    texts: tuple[str, ...]
    if isinstance(observation, DataloggerObservation):
        texts = (observation.slot, observation.datalogger_type, observation.firmware_version, observation.acquisition)
        for sensor in observation.sensors:
            check_sensor(sensor, limits)
    elif isinstance(observation, GatewayObservation):
        texts = (observation.slot, observation.hostname, observation.firmware_version)
        check_numbers(
            observation.cpu_usage_percent,
            observation.memory_usage_percent,
            observation.disk_usage_percent,
            observation.uptime_seconds,
        )
    else:
        raise TypeError(f"a parser gave a {type(observation).__name__} instead of an observation")
    check_texts(*texts, observation.ip_address)
    check_numbers(observation.interval_seconds)
    if observation.serial_number is not None and not is_identity(observation.serial_number):
        raise FieldInvalid("serial_number", f"not {IDENTITY}")
    check_time(observation.device_time)
    if not observation.metadata:
        return observation
    return observation._replace(metadata=cut_metadata(observation.metadata, limits.metadata_bytes))


def check_sensor(sensor: SensorObservation, limits: Limits) -> None:
    serial_number, device_time, channels, sensor_type, unit_of_measure = sensor
    if not is_identity(serial_number):
        raise FieldInvalid("sensor serial_number", f"not {IDENTITY}")
    check_time(device_time)
    if sensor_type or unit_of_measure:
        check_texts(sensor_type, unit_of_measure)
    if len(channels) > limits.channels:
        raise FieldInvalid("sensor channels", f"more than {limits.channels}")
    check_channel_names(tuple(channels))
    # A sum of finite numbers may be infinite, but no other sum is finite.
    if not isfinite(sum(channels.values())) and not all(map(isfinite, channels.values())):
        raise FieldInvalid("sensor channels", NOT_FINITE)


@lru_cache(maxsize=1024)  # sensors are of few kinds; only good names are kept, so the memory is bounded
def check_channel_names(names: tuple[str, ...]) -> None:
    if not all(map(is_channel_name, names)):
        raise FieldInvalid("sensor channels", "a name is not 1 to 50 of A-Z a-z 0-9 . _ : -")


def check_time(seconds: float | None) -> None:
    if seconds is not None and not EARLIEST <= seconds < LATEST:
        raise FieldInvalid("device time", "before 1970-01-01 or after the year 2200")


def check_numbers(*numbers: float | None) -> None:
    for number in numbers:
        if number is not None and not isfinite(number):
            raise FieldInvalid("payload", NOT_FINITE)


def check_texts(*texts: str) -> None:
    if max(map(len, texts)) > LONGEST_TEXT:
        raise FieldInvalid("payload", f"a text is longer than {LONGEST_TEXT} characters")


def cut_metadata(metadata: Mapping[str, Any], limit: int) -> Mapping[str, Any]:
    """Keep the metadata's first keys, as many as fit into `limit` bytes of JSON."""
    if len(to_json(metadata)) <= limit:
        return metadata
    kept: dict[str, Any] = {}
    size = 0
    for key, value in metadata.items():
        size += len(to_json({key: value}))
        if size > limit:
            break
        kept[key] = value
    return {**kept, METADATA_LEFT_OUT: len(metadata) - len(kept)}
