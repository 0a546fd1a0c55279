"""Topic patterns with named segments, such as `datalogger/{type}/{instance}/heartbeat`.

A named segment is `{name}` or `{name:kind}`; without a kind its name is its kind. The kind says what the segment may
hold: `gateway/{gateway:instance}/datalogger/{type}/{instance}/heartbeat`.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

IDENTITY = "1 to 100 of A-Z a-z 0-9 . _ : -"
is_identity = re.compile(r"[A-Za-z0-9._:-]{1,100}").fullmatch


class SegmentKind(NamedTuple):
    """What a named segment may hold, as a test and in words."""

    takes: Callable[[str], object]
    words: str


# int() would take `01`, `+1`, ` 1`, `1_0` and Arabic digits, so that several topics were one device.
KINDS = {
    "instance": SegmentKind(re.compile(r"[1-9][0-9]{0,3}").fullmatch, "a whole number from 1 to 9999, no leading zero"),
    "type": SegmentKind(re.compile(r"[A-Za-z0-9_-]{1,50}").fullmatch, "1 to 50 of A-Z a-z 0-9 _ -"),
    "serial": SegmentKind(is_identity, IDENTITY),
}

NAMED_SEGMENT = re.compile(r"\{(?P<name>[a-z][a-z0-9_]*)(:(?P<kind>[a-z]+))?\}").fullmatch


class PatternInvalid(ValueError):
    """A parser's topic pattern cannot be read; the text says why."""


class NamedSegment(NamedTuple):
    """A place in a pattern that takes many texts."""

    name: str
    kind: SegmentKind


def parse_pattern(pattern: str) -> tuple[str | NamedSegment, ...]:
    """Give the levels of a pattern: a text takes itself, a `NamedSegment` any. Raises `PatternInvalid`."""
    levels = tuple(parse_level(level, pattern) for level in pattern.split("/"))
    names = [level.name for level in levels if isinstance(level, NamedSegment)]
    if len(names) != len(set(names)):
        raise PatternInvalid(f"{pattern!r} names a segment twice; write {{gateway:instance}} for a name of its own")
    return levels


def parse_level(level: str, pattern: str) -> str | NamedSegment:
    named = NAMED_SEGMENT(level)
    if named is None:
        if not level or set(level) & set("{}+#"):
            raise PatternInvalid(f"{pattern!r} has the level {level!r}; write a text or a named segment like {{type}}")
        return level
    name, kind = named["name"], named["kind"] or named["name"]
    if kind not in KINDS:
        raise PatternInvalid(f"{pattern!r} has a segment of kind {kind!r}; there are {', '.join(KINDS)}")
    return NamedSegment(name, KINDS[kind])
