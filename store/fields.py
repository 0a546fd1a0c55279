"""Column types of our own: each makes storable what it is given, wherever it comes from (`storable.py` says how)."""

import json
import math
import struct
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from peewee import BigIntegerField, CharField, DoubleField, Field

from .records import ChannelStats, Mark, Reading
from .storable import Unstorable, json_text, storable_integer, storable_number, storable_text

MICROSECONDS = 1_000_000  # in a second

# A packet id of 16 bits, a CRC of 32.
MARK = struct.Struct(">HI")

# A name made of letters, for an enumeration; the longest is `hardware_replaced`.
WORD_LENGTH = 32


class Line(CharField):
    """A short text, cut to its `max_length` characters."""

    def db_value(self, value: str | None) -> str | None:
        return None if value is None else storable_text(value, self.max_length)


class LongText(Field):
    """A text of at most `limit` characters: 64 KiB, the size of a TEXT column of MariaDB, is too small for some."""

    field_type = "LONGTEXT"

    def __init__(self, limit: int, **options: Any) -> None:
        self.limit = limit
        super().__init__(**options)

    def db_value(self, value: str | None) -> str | None:
        return None if value is None else storable_text(value, self.limit)


class Word(Field):
    """A member of an enumeration, stored by its value."""

    field_type = "VARCHAR"

    def __init__(self, members: type[StrEnum], **options: Any) -> None:
        self.members = members
        super().__init__(**options)

    def get_modifiers(self) -> list[int]:
        return [WORD_LENGTH]

    def db_value(self, value: str | None) -> str | None:
        return None if value is None else self.members(value).value

    def python_value(self, value: str | None) -> StrEnum | None:
        return None if value is None else self.members(value)


class Count(BigIntegerField):
    """A 64-bit counter."""

    def db_value(self, value: int | None) -> int | None:
        return None if value is None else storable_integer(int(value))


class Number(DoubleField):
    """A finite number, or NULL."""

    def db_value(self, value: float | None) -> float | None:
        return None if value is None else storable_number(float(value))


class Moment(Field):
    """A time: epoch seconds in Python, whole microseconds in the database.

    The date columns of the three differ in what they drop (MariaDB both the offset and the microseconds) and in how
    they sort (SQLite as text); an integer is the same everywhere.
    """

    field_type = "BIGINT"

    def db_value(self, value: float | None) -> int | None:
        if value is None or not math.isfinite(value):
            return None
        return storable_integer(round(value * MICROSECONDS))

    def python_value(self, value: int | None) -> float | None:
        return None if value is None else value / MICROSECONDS


class Json(Field):
    """A JSON object as text, so that it reads back as it was written: JSONB and JSON columns rewrite numbers."""

    field_type = "LONGTEXT"

    def db_value(self, value: Mapping[str, Any] | None) -> str | None:
        return None if value is None else json_text(value)

    def python_value(self, value: str) -> Any:
        return json.loads(value)


class Readings(Field):
    """The rolling readings of a sensor, newest first: `[[device_time, received_at, {channel: value}], ...]`."""

    field_type = "LONGTEXT"

    def db_value(self, value: Sequence[Reading] | None) -> str:
        return json_text(
            [
                [
                    None if reading.device_time is None else storable_number(reading.device_time),
                    reading.received_at,
                    {name: number for name, number in reading.channels.items() if math.isfinite(number)},
                ]
                for reading in value or ()
                if math.isfinite(reading.received_at)
            ]
        )

    def python_value(self, value: str) -> tuple[Reading, ...]:
        return tuple(Reading(*reading) for reading in json.loads(value))


class Channels(Field):
    """The extremes of each channel: `{channel: [count, mean, min, max, min_at, max_at]}`."""

    field_type = "LONGTEXT"

    def db_value(self, value: Mapping[str, ChannelStats] | None) -> str:
        known = {name: list(stats) for name, stats in (value or {}).items() if all(map(math.isfinite, stats))}
        return json_text(known)

    def python_value(self, value: str) -> dict[str, ChannelStats]:
        return {name: ChannelStats(*stats) for name, stats in json.loads(value).items()}


class Marks(Field):
    """The marks of messages, oldest first: six bytes each, in base64, for they are written often."""

    field_type = "LONGTEXT"

    def db_value(self, value: Sequence[Mark] | None) -> str:
        try:
            return b64encode(b"".join(MARK.pack(*mark) for mark in value or ())).decode()
        except struct.error as error:
            raise Unstorable(f"no packet id and CRC: {error}") from error

    def python_value(self, value: str) -> tuple[Mark, ...]:
        return tuple(MARK.iter_unpack(b64decode(value)))
