"""What a parser is: a topic pattern, a payload model, and a function from one to what it says about devices.

A package adds its own by an entry point in the group `sitewarden.parsers` that names a `Parser`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Generic, NamedTuple, TypeVar

from pydantic import BaseModel

from .observations import Observation
from .patterns import parse_pattern

Model = TypeVar("Model", bound=BaseModel)

# The named segments of a topic, each valid for its kind: `{"type": "monstro", "instance": "1"}`.
Segments = Mapping[str, str]

is_name = re.compile(r"[a-z][a-z0-9_]{0,99}").fullmatch


class Context(NamedTuple):
    """What a parser may know beside the message: how the site's clocks are set, and when the message came."""

    zone: tzinfo  # of times without a zone
    received_at: float  # epoch seconds
    site_code: str


class ParserInvalid(ValueError):
    """A parser is put together wrongly; the text says how."""


@dataclass(frozen=True)
class Parser(Generic[Model]):
    """Reads the messages of some topics.

    `patterns` are below the site's prefix (see `patterns`). `observe` gets a payload that the model found valid, and
    raises `FieldInvalid` or `TimeAbsurd` for what a model cannot check; it must not act or remember.
    Raises `ParserInvalid` or `PatternInvalid` when made wrongly.
    """

    name: str
    patterns: tuple[str, ...]
    model: type[Model]
    observe: Callable[[Model, Segments, Context], tuple[Observation, ...]]

    def __post_init__(self) -> None:
        if not is_name(self.name):
            raise ParserInvalid(f"parser {self.name!r}: a name is small letters, digits and _")
        if isinstance(self.patterns, str) or not self.patterns:
            raise ParserInvalid(f"parser {self.name}: patterns is a tuple of at least one topic pattern")
        if not (isinstance(self.model, type) and issubclass(self.model, BaseModel)):
            raise ParserInvalid(f"parser {self.name}: model is a class derived from pydantic.BaseModel")
        for pattern in self.patterns:
            parse_pattern(pattern)
