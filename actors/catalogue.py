"""The topics that a site was heard to use, and what is done with each (row C2)."""

from collections.abc import Iterable, Sequence

from ..store.records import DiscoveredTopicRecord, TopicRecord
from .parsing.registry import Registry, Route, SegmentInvalid
from .topics import below_prefix, filter_covers, pattern_of

SAMPLE_CHARACTERS = 5_000


class KnownTopic:
    """One topic of a site: how it is read, and what was counted since it was first heard."""

    __slots__ = (
        "count",
        "first_seen_at",
        "id",
        "is_active",
        "is_wanted",
        "last_payload",
        "last_seen_at",
        "path",
        "pattern",
        "route",
        "sample",
    )

    def __init__(
        self, path: str, pattern: str, route: Route | SegmentInvalid | None, is_wanted: bool, first_seen_at: float
    ) -> None:
        self.path = path
        self.pattern = pattern
        self.route = route
        self.is_wanted = is_wanted  # by the topics that people configured
        self.is_active = True
        self.id: int | None = None
        self.first_seen_at = self.last_seen_at = first_seen_at
        self.count = 0
        self.sample = ""
        self.last_payload: bytes | None = None

    @property
    def is_processed(self) -> bool:
        return self.route is not None and self.is_active and self.is_wanted

    def see(self, payload: bytes, at: float) -> None:
        self.count += 1
        self.last_seen_at = at
        self.last_payload = payload

    def record(self, site_id: int) -> DiscoveredTopicRecord:
        if self.last_payload is not None:
            self.sample = sample(self.last_payload)
            self.last_payload = None
        route = self.route if isinstance(self.route, Route) else None
        return DiscoveredTopicRecord(
            site_id=site_id,
            topic_path=self.path,
            topic_pattern=self.pattern,
            first_seen_at=self.first_seen_at,
            last_seen_at=self.last_seen_at,
            message_count=self.count,
            sample_payload=self.sample,
            is_processable=route is not None,
            processor_name=route.parser.name if route else "",
            is_active=self.is_active,
            id=self.id,
        )


class Catalogue:
    """All topics of one site, at most `most`."""

    def __init__(
        self,
        site_id: int,
        prefix: str,
        registry: Registry,
        configured: Sequence[TopicRecord],
        most: int,
        *,
        discovers: bool = True,
    ) -> None:
        self.site_id = site_id
        self.prefix = prefix
        self.registry = registry
        self.configured = configured
        self.most = most
        self.discovers = discovers
        self.topics: dict[str, KnownTopic] = {}
        self.changed: set[KnownTopic] = set()

    def remember(self, records: Iterable[DiscoveredTopicRecord]) -> None:
        """Take what was learned before a restart."""
        for record in records:
            topic = self.make(record.topic_path, record.first_seen_at)
            if topic is not None:
                topic.id = record.id
                topic.is_active = record.is_active
                topic.count = record.message_count
                topic.last_seen_at = record.last_seen_at
                topic.sample = record.sample_payload
                self.topics[topic.path] = topic

    def find(self, path: str) -> KnownTopic | None:
        return self.topics.get(path)

    def discover(self, path: str, at: float) -> KnownTopic | None:
        """Enter a topic heard for the first time; None if it is not the site's, or there are too many."""
        if self.is_full:
            return None
        topic = self.make(path, at)
        if topic is not None:
            self.topics[path] = topic
        return topic

    def see(self, topic: KnownTopic, payload: bytes, at: float) -> None:
        """Count a message; `at` is in epoch seconds."""
        topic.see(payload, at)
        self.changed.add(topic)

    @property
    def is_full(self) -> bool:
        return len(self.topics) >= self.most

    def make(self, path: str, at: float) -> KnownTopic | None:
        below = below_prefix(self.prefix, path)
        if below is None:
            return None
        return KnownTopic(path, pattern_of(self.prefix, path), self.registry.route(below), self.is_wanted(path), at)

    def pause(self, path: str, is_active: bool) -> None:
        if topic := self.topics.get(path):
            topic.is_active = is_active

    def identify(self, path: str, id: int) -> None:
        """Take the id that the database has given a topic."""
        if topic := self.topics.get(path):
            topic.id = id

    def is_wanted(self, path: str) -> bool:
        """Whether the matching configured topics, if any, let this one be parsed."""
        matching = self.matching(path)
        return any(topic.is_active for topic in matching) if matching else self.discovers

    def is_unasked(self, path: str) -> bool:
        """Whether a topic is only there because the filter that was subscribed is wider than those configured."""
        return not self.discovers and below_prefix(self.prefix, path) is not None and not self.matching(path)

    def matching(self, path: str) -> list[TopicRecord]:
        return [topic for topic in self.configured if filter_covers(topic.topic_pattern, path)]

    def records(self) -> tuple[DiscoveredTopicRecord, ...]:
        return tuple(topic.record(self.site_id) for topic in self.topics.values())

    def take_changed(self) -> tuple[DiscoveredTopicRecord, ...]:
        """Give the topics that changed since the last call."""
        changed, self.changed = self.changed, set()
        return tuple(topic.record(self.site_id) for topic in changed)


def sample(payload: bytes) -> str:
    """The beginning of a payload as text; what is not UTF-8 is shown as replacement characters."""
    return payload[: 4 * SAMPLE_CHARACTERS].decode(errors="replace")[:SAMPLE_CHARACTERS]
