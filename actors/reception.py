"""What becomes of a message: taken, refused, or only entered in the catalogue. Decides; the connection actor acts."""

from datetime import UTC
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ..config.settings import MqttSection
from ..store.records import DiscoveredTopicRecord, ErrorType, ParsingLogRecord, SiteConfiguration
from .catalogue import Catalogue, KnownTopic, sample
from .events import Arrived
from .parsing.document import Limits
from .parsing.faults import MessageInvalid
from .parsing.intake import read
from .parsing.observations import Observation
from .parsing.parser import Context
from .parsing.registry import Registry, Route, SegmentInvalid
from .topics import discovery_mode

# What may become of a message that is not one sent again; each is counted, and every message is counted once.
PROCESSED = "processed"
UNPROCESSABLE = "unprocessable"
PAUSED = "paused"
REFUSED = "refused"
UNASKED = "unasked"


class Received(NamedTuple):
    """What became of a message, and what there is to do about it."""

    outcome: str
    observations: tuple[Observation, ...] = ()
    fault: ParsingLogRecord | None = None  # to be logged
    new_topic: DiscoveredTopicRecord | None = None  # to be stored
    is_over_limit: bool = False  # of topics
    parser: str = ""  # whose the observations are


class Reception:
    """Receives the messages of one site, as it is configured now."""

    def __init__(
        self,
        configuration: SiteConfiguration,
        settings: MqttSection,
        registry: Registry,
        topics: tuple[DiscoveredTopicRecord, ...],
    ) -> None:
        connection = configuration.connection
        self.site = configuration.site
        # `UTC` has no transitions to look up, and nearly every site has it.
        self.zone = UTC if connection.device_timezone == "UTC" else ZoneInfo(connection.device_timezone)
        self.limits = Limits(payload_bytes=settings.max_payload)
        self.catalogue = Catalogue(
            self.site.id,
            connection.topic_prefix,
            registry,
            configuration.topics,
            settings.max_topics,
            discovers=discovery_mode(connection, settings.auto_discovery_enabled) != "closed",
        )
        self.catalogue.remember(topics)

    def receive(self, arrived: Arrived) -> Received:
        path = arrived.topic
        if path is None:
            return self.refuse(arrived, "", "", MessageInvalid(ErrorType.PARSE, "the topic is not UTF-8"))
        topic = self.catalogue.find(path)
        if topic is not None:
            return self.receive_on(topic, arrived)
        if self.catalogue.is_unasked(path):
            return Received(UNASKED)
        topic = self.catalogue.discover(path, arrived.now.epoch)
        if topic is not None:
            received = self.receive_on(topic, arrived)
            return received._replace(new_topic=topic.record(self.site.id))
        if self.catalogue.is_full:
            return Received(REFUSED, is_over_limit=True)
        fault = MessageInvalid(ErrorType.VALIDATION, f"the topic is not below {self.catalogue.prefix}/")
        return self.refuse(arrived, path, "", fault)

    def receive_on(self, topic: KnownTopic, arrived: Arrived) -> Received:
        self.catalogue.see(topic, arrived.payload, arrived.now.epoch)
        route = topic.route
        if route is None:
            return Received(UNPROCESSABLE)
        if not topic.is_processed:
            return Received(PAUSED)
        if isinstance(route, SegmentInvalid):
            fault = MessageInvalid(ErrorType.VALIDATION, route.message)
            return self.refuse(arrived, topic.path, route.parser.name, fault)
        return self.read(route, topic, arrived)

    def read(self, route: Route, topic: KnownTopic, arrived: Arrived) -> Received:
        context = Context(self.zone, arrived.now.epoch, self.site.code)
        try:
            observations = read(route, arrived.payload, context, self.limits)
            return Received(PROCESSED, observations, parser=route.parser.name)
        except MessageInvalid as invalid:
            if not arrived.payload and arrived.retain:
                # It only clears what the broker kept (MQTT 3.1.1 section 3.3.1.3).
                return Received(UNPROCESSABLE)
            return self.refuse(arrived, topic.path, route.parser.name, invalid)

    def refuse(self, arrived: Arrived, path: str, parser: str, invalid: MessageInvalid) -> Received:
        at = arrived.now.epoch
        fault = ParsingLogRecord(
            site_id=self.site.id,
            topic=path,
            parser=parser,
            error_type=invalid.error_type,
            message=invalid.message,
            sample_payload=sample(arrived.payload),
            exception=invalid.exception,
            first_at=at,
            last_at=at,
        )
        return Received(REFUSED, fault=fault)
