"""Which parser takes a topic.

The patterns of all parsers form a tree, a level of the topic for each level of the tree, so that a topic costs the
same however many parsers there are. A text goes before a named segment: `datalogger/all/status` may stand beside
`datalogger/{type}/status`.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import Any, NamedTuple

from .parser import Parser, Segments
from .patterns import NamedSegment, parse_pattern

ENTRY_POINTS = "sitewarden.parsers"

logger = logging.getLogger(__name__)


class ParserConflict(ValueError):
    """Two parsers claim the same name or the same topics; the text names both."""


class Route(NamedTuple):
    """The way of a topic's messages: the parser, and what the topic's named segments hold."""

    parser: Parser[Any]
    segments: Segments


class SegmentInvalid(NamedTuple):
    """A parser would take the topic, but a named segment holds what it may not. Not to be processed, to be logged.

    `message` is for the parsing log: it names the segment and what it may hold.
    """

    parser: Parser[Any]
    message: str


class Claim(NamedTuple):
    """A pattern at the end of its way through the tree."""

    parser: Parser[Any]
    pattern: str
    levels: tuple[str | NamedSegment, ...]


@dataclass
class Node:
    """A level of the tree: where each text leads, where any other leads, and whose pattern ends here."""

    texts: dict[str, "Node"] = field(default_factory=dict)
    named: "Node | None" = None
    claim: Claim | None = None

    def child(self, level: str | NamedSegment) -> "Node":
        """Give the node below for a level of a pattern, making it where there is none."""
        if isinstance(level, str):
            return self.texts.setdefault(level, Node())
        if self.named is None:
            self.named = Node()
        return self.named

    def find(self, levels: Sequence[str]) -> Claim | None:
        """Give the claim on a topic's levels, if there is one."""
        if not levels:
            return self.claim
        text = self.texts.get(levels[0])
        found = text.find(levels[1:]) if text is not None else None
        if found is None and self.named is not None:
            return self.named.find(levels[1:])
        return found


class Registry:
    """The parsers, by name and by topic. Raises `ParserConflict`."""

    def __init__(self, parsers: Iterable[Parser[Any]] = ()) -> None:
        self.parsers: dict[str, Parser[Any]] = {}
        self.root = Node()
        for parser in parsers:
            self.add(parser)

    @classmethod
    def installed(cls) -> "Registry":
        """Take every parser that is installed on this machine, ours first.

        One that cannot be loaded, is no parser or claims what another has is logged as an error and left out: a
        stranger's package must never keep the sites from being watched.
        """
        registry = cls()
        found = entry_points(group=ENTRY_POINTS)
        for entry in sorted(found, key=lambda entry: (not is_ours(entry), entry.name, entry.value)):
            registry.load(entry)
        return registry

    def load(self, entry: EntryPoint) -> None:
        """Add the parser that an entry point names, or log why not."""
        try:
            parser = entry.load()
            if not isinstance(parser, Parser):
                raise TypeError(
                    f"it names a {type(parser).__name__}; it must name a sitewarden.actors.parsing.parser.Parser"
                )
            self.add(parser)
        except (Exception, SystemExit) as error:  # noqa: BLE001  importing a stranger's module may raise anything
            logger.error("parser %s (%s) is left out: %s: %s", entry.name, entry.value, type(error).__name__, error)

    def add(self, parser: Parser[Any]) -> None:
        """Add a parser with all its patterns, or none of them and raise `ParserConflict`."""
        if parser.name in self.parsers:
            raise ParserConflict(f"there are two parsers with the name {parser.name}")
        claims = [Claim(parser, pattern, parse_pattern(pattern)) for pattern in parser.patterns]
        for claim in claims:
            self.refuse_claimed(claim)
        for claim in claims:
            node = self.root
            for level in claim.levels:
                node = node.child(level)
            node.claim = claim
        self.parsers[parser.name] = parser

    def refuse_claimed(self, claim: Claim) -> None:
        """Raise `ParserConflict` if a pattern of the same form is there; names of segments make no difference."""
        node: Node | None = self.root
        for level in claim.levels:
            if node is not None:
                node = node.texts.get(level) if isinstance(level, str) else node.named
        if node is not None and node.claim is not None:
            other = node.claim
            raise ParserConflict(
                f"parsers {other.parser.name} ({other.pattern}) and {claim.parser.name} ({claim.pattern})"
                " claim the same topics"
            )

    def route(self, topic_below_prefix: str) -> Route | SegmentInvalid | None:
        """Say who reads a topic, given below the site's prefix; None if nobody does."""
        levels = topic_below_prefix.split("/")
        claim = self.root.find(levels)
        if claim is None:
            return None
        segments = {}
        for wanted, level in zip(claim.levels, levels, strict=True):
            if isinstance(wanted, NamedSegment):
                if not wanted.kind.takes(level):
                    return SegmentInvalid(claim.parser, f"topic segment {wanted.name}: not {wanted.kind.words}")
                segments[wanted.name] = level
        return Route(claim.parser, segments)


def is_ours(entry: EntryPoint) -> bool:
    """Say whether an entry point is built in."""
    return entry.module.startswith(f"{__package__}.")
