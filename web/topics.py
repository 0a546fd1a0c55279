"""The topics that people configured and those that were heard (rows A3, C2, G4)."""

import http
import logging
from typing import Literal

import falcon
from pydantic import BaseModel, ConfigDict, Field, computed_field

from ..actors.messages import PauseTopic
from ..actors.topics import HIGHEST_QOS
from ..store.records import DiscoveredTopicRecord
from ..store.store import Store
from .access import caller_of
from .contract import operation
from .fleet import Fleet
from .live import Live
from .paging import Page, PageQuery, in_order, paged
from .times import Time

log = logging.getLogger("sitewarden.web")


class TopicView(BaseModel):
    """A topic filter that somebody configured."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    topic_pattern: str
    qos_level: int
    is_active: bool

    @computed_field(description="what is asked of the broker: 2 is subscribed at 1")
    def subscribed_qos_level(self) -> int:
        return min(self.qos_level, HIGHEST_QOS)


class TopicPage(Page[TopicView]):
    """Configured topic filters."""


class DiscoveredTopicView(BaseModel):
    """A topic that the site was heard to use. `is_active` is for people to change, the rest is the system's."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    topic_path: str
    topic_pattern: str
    first_seen_at: Time
    last_seen_at: Time
    message_count: int
    sample_payload: str
    is_processable: bool = Field(description="a parser takes it")
    is_active: bool = Field(description="not paused")
    processor_name: str


class DiscoveredTopicPage(Page[DiscoveredTopicView]):
    """Topics that were heard."""


class DiscoveredTopicQuery(PageQuery):
    """Which topics, in which order."""

    is_processable: bool | None = None
    is_active: bool | None = None
    ordering: Literal[
        "id", "-id", "topic_path", "-topic_path", "message_count", "-message_count", "last_seen_at", "-last_seen_at"
    ] = "topic_path"


class DiscoveredTopicBody(BaseModel):
    """Pause a topic (false) or take it again (true)."""

    model_config = ConfigDict(extra="forbid", strict=True)

    is_active: bool


class Topics:
    """`mqtt/sites/{id}/topics/`"""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet

    @operation()
    def on_get(self, request: falcon.Request, _response: falcon.Response, id: int, query: PageQuery) -> TopicPage:
        """List the topic filters that somebody configured."""
        topics = self.fleet.seen_site(caller_of(request), id).topics
        return paged(TopicPage, request, query, topics, TopicView.model_validate)


class DiscoveredTopics:
    """`mqtt/sites/{id}/discovered-topics/`"""

    def __init__(self, fleet: Fleet, live: Live) -> None:
        self.fleet = fleet
        self.live = live

    @operation()
    def on_get(
        self, request: falcon.Request, _response: falcon.Response, id: int, query: DiscoveredTopicQuery
    ) -> DiscoveredTopicPage:
        """List the topics that the site was heard to use."""
        self.fleet.seen_site(caller_of(request), id)
        topics = [
            topic
            for topic in self.live.topics(id)
            if topic.id is not None  # the database has not numbered it yet
            and query.is_processable in (None, topic.is_processable)
            and query.is_active in (None, topic.is_active)
        ]
        ordered = in_order(topics, query.ordering)
        return paged(DiscoveredTopicPage, request, query, ordered, DiscoveredTopicView.model_validate)


class DiscoveredTopic:
    """`mqtt/sites/{id}/discovered-topics/{topic_id}/`"""

    def __init__(self, store: Store, fleet: Fleet, live: Live) -> None:
        self.store = store
        self.fleet = fleet
        self.live = live

    @operation(refuses=(http.HTTPStatus.FORBIDDEN,))
    def on_patch(
        self, request: falcon.Request, _response: falcon.Response, id: int, topic_id: int, body: DiscoveredTopicBody
    ) -> DiscoveredTopicView:
        """Pause a topic, or take it again."""
        caller = caller_of(request)
        self.fleet.operated_site(caller, id)
        stored = self.store.set_topic_active(id, topic_id, body.is_active)
        self.live.tell(PauseTopic(id, stored.topic_path, body.is_active))
        log.info("%s %s topic %s", caller.user.name, "resumed" if body.is_active else "paused", topic_id)
        return DiscoveredTopicView.model_validate(self.newest(id, stored)._replace(is_active=body.is_active))

    def newest(self, id: int, stored: DiscoveredTopicRecord) -> DiscoveredTopicRecord:
        """Return the topic as the actors have it: the database's counts lag behind."""
        return next((topic for topic in self.live.topics(id) if topic.id == stored.id), stored)
