"""A site: its link, its topics, its devices. The way of a message begins here.

Arrived -> reception (is it this site's, and new? which topic? what does it say?) -> household -> device
"""

from collections import Counter

from thespian.actors import ActorAddress, ActorExitRequest

from ..store.records import (
    ConnectionState,
    DataloggerRecord,
    DiscoveredTopicRecord,
    GatewayRecord,
    SiteConfiguration,
    SiteMemory,
)
from .base import WardenActor
from .device_events import (
    CheckDevice,
    Flush,
    LinkChanged,
    ListSiteDevices,
    MessageRefused,
    MessagesCounted,
    RollingChanged,
    SiteDevices,
    TopicsChanged,
    TopicStored,
)
from .events import (
    Answered,
    Arrived,
    Asked,
    ChildFailed,
    CloseLink,
    Configured,
    Dial,
    DialFailed,
    Dialled,
    ForDevice,
    Granted,
    Greeted,
    Heard,
    LinkClosed,
    LinkLost,
    LinkOpened,
    OpenSite,
    SessionEnded,
    Tick,
)
from .household import Household
from .link import Link
from .messages import ForceDiscovery, ListTopics, Now, PauseTopic
from .reception import Received, Reception


class ConnectionActor(WardenActor):
    """One site. It outlives its link: when the broker goes, the site's devices stay and answer."""

    def receiveMessage(self, message: object, sender: ActorAddress) -> None:
        match message:
            case Arrived():
                self.take(message)
            case Tick(now=now):
                self.tick(now)
            case Dial(now=now):
                self.now = now  # what comes of it happens after it, also where nothing ticks in between
                self.change_link(False, now)
                self.link.dial(now)
            case Dialled(session=session):
                self.link.take_session(session, self.now)
            case DialFailed(failure=failure):
                self.report(self.link.fail_dial(failure, self.now))
            case Greeted(attempt=attempt, session_present=session_present):
                self.link.greet(attempt, session_present)
            case Granted(attempt=attempt, refused=refused):
                self.report(self.link.grant(attempt, refused, self.now))
            case SessionEnded():
                self.report(self.link.take_end(message))
            case CloseLink(now=now):
                self.report(self.link.close(now))
            case Configured(configuration=configuration):
                self.configure(configuration)
            case ForceDiscovery():
                self.link.subscribe()
            case PauseTopic(topic_path=path, is_active=is_active):
                self.reception.catalogue.pause(path, is_active)
            case TopicStored(topic_path=path, id=id):
                self.reception.catalogue.identify(path, id)
            case ForDevice(key=key):
                self.household.pass_on(key, message)
            case Asked(id=id, question=ListTopics(), reply_to=reply_to):
                self.send(reply_to, Answered(id, self.reception.catalogue.records()))
            case Flush():
                self.hand_on()
            case ChildFailed(address=address, record=record):
                self.child_failed(address, record)
            case SiteDevices(records=records):
                self.household.open_again(records, self.now)
            case OpenSite():
                self.open(message, sender)
            case ActorExitRequest():
                self.abandon()
            case _:
                super().receiveMessage(message, sender)

    def open(self, message: OpenSite, supervisor: ActorAddress) -> None:
        self.parts = message.parts
        self.supervisor = supervisor
        self.now = message.now
        self.last_message_at: float | None = None
        self.told_message_at: float | None = None
        self.outcomes: Counter[str] = Counter()
        self.hand_on_at = 0.0
        self.configuration = message.configuration
        self.link = Link(message.parts, self.myAddress, message.configuration)
        self.reception = self.new_reception(message.memory.topics)
        self.household = Household(self, message.parts, message.configuration)
        self.household.remember(message.memory)

    @property
    def record(self) -> SiteMemory:
        """What a new actor for this site begins again from, if this one fails."""
        return SiteMemory(ConnectionState(self.household.site_id), topics=self.reception.catalogue.records())

    def new_reception(self, topics: tuple[DiscoveredTopicRecord, ...]) -> Reception:
        return Reception(self.configuration, self.parts.settings.mqtt, self.parts.registry, topics)

    def configure(self, configuration: SiteConfiguration) -> None:
        """Take what people decided anew, keeping what was learned."""
        self.hand_on()  # the new catalogue does not know which topics have changed
        rolling = self.configuration.connection.rolling_readings
        self.configuration = self.link.configuration = configuration
        self.reception = self.new_reception(self.reception.catalogue.records())
        self.household.configure(configuration)
        if configuration.connection.rolling_readings != rolling:
            self.household.tell_all(RollingChanged(configuration.connection.rolling_readings))

    def take(self, arrived: Arrived) -> None:
        self.now = arrived.now
        if arrived.topic == self.link.presence_topic:
            self.link.take_echo(arrived.payload)
            self.change_link(self.link.is_live, self.now)  # what was queued for us is through
            return
        self.last_message_at = arrived.now.epoch
        received = self.reception.receive(arrived)
        self.outcomes[received.outcome] += 1
        if received.observations:
            live = not arrived.retain and self.link.is_live
            for observation in received.observations:
                self.household.observe(observation, live, not arrived.retain, arrived.now)
        else:
            self.tell_of(received)
        if received.new_topic is not None:
            self.send(self.parts.recorder, TopicsChanged((received.new_topic,)))

    def tell_of(self, received: Received) -> None:
        """Log a message that changed nothing, if there is something to be said of it."""
        if received.fault is not None:
            self.send(self.parts.recorder, MessageRefused(received.fault))
        if received.is_over_limit:
            most = self.reception.catalogue.most
            self.household.tell_once("limit_reached", "", f"more than {most} topics: others are not entered", self.now)

    def report(self, outcome: LinkOpened | LinkLost | LinkClosed | None) -> None:
        """Tell the supervisor what became of the link, and the devices whether they can be heard."""
        if outcome is not None:
            self.change_link(self.link.is_live, self.now)
            self.send(self.supervisor, outcome)

    def child_failed(self, address: ActorAddress, record: object) -> None:
        if not self.household.lose(address):
            return
        if isinstance(record, GatewayRecord | DataloggerRecord) and record.id is None:
            self.household.open_again((record,), self.now)  # the board does not know it yet
        else:
            self.send(self.parts.board, ListSiteDevices(self.household.site_id))

    def change_link(self, is_up: bool, now: Now) -> None:
        if is_up != (self.household.link_up_since is not None):
            self.household.link_up_since = now.monotonic if is_up else None
            self.household.tell_all(LinkChanged(is_up, now))

    def tick(self, now: Now) -> None:
        self.now = now
        self.report(self.link.check(now))
        self.change_link(self.link.is_live, now)
        connection = self.configuration.connection
        self.household.tell_all(
            CheckDevice(now, connection.heartbeat_interval, connection.heartbeat_timeout_multiplier)
        )
        if self.last_message_at is not None and self.last_message_at != self.told_message_at:
            self.told_message_at = self.last_message_at
            self.send(self.supervisor, Heard(self.household.site_id, self.last_message_at))
        if self.outcomes:
            self.send(self.parts.board, MessagesCounted(dict(self.outcomes)))
            self.outcomes.clear()
        if now.monotonic >= self.hand_on_at:
            self.hand_on_at = now.monotonic + self.parts.settings.persist.interval
            self.hand_on()

    def hand_on(self) -> None:
        """Hand the topics that changed to the recorder."""
        changed = self.reception.catalogue.take_changed()
        if changed:
            self.send(self.parts.recorder, TopicsChanged(changed))

    def abandon(self) -> None:
        self.link.drop()
