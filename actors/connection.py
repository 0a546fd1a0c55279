"""A site: its link, its topics, its devices. The way of a message begins here.

Arrived -> deliveries (is it new?) -> reception (is it this site's? what does it say?) -> household -> device
"""

from collections import Counter
from collections.abc import Mapping

from thespian.actors import ActorAddress, ActorExitRequest

from ..store.records import (
    ConnectionState,
    DiscoveredTopicRecord,
    SiteConfiguration,
    SiteMemory,
)
from .base import WardenActor
from .children import Trouble
from .deliveries import Deliveries
from .device_events import GatewayChecked, RollingChanged, Source
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
    LinkNoted,
    LinkOpened,
    OpenSite,
    SessionEnded,
    Tick,
    Undelivered,
)
from .household import Household
from .link import Link
from .messages import ForceDiscovery, ListTopics, Now, PauseTopic
from .reception import Received, Reception
from .record_events import (
    Committed,
    DeliveriesChanged,
    Flush,
    MessageRefused,
    MessagesCounted,
    SiteDevices,
    TopicsChanged,
    TopicStored,
)

# What becomes of a message that the broker sends again although it is counted.
REDELIVERED = "redelivered"


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
            case Committed(number=number):
                self.acknowledge(number)
            case Greeted(attempt=attempt, session_present=session_present):
                self.greet(attempt, session_present)
            case Granted(attempt=attempt, refused=refused, now=now, reason=reason):
                self.now = now
                self.report(self.link.grant(attempt, refused, now, reason))
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
            case ChildFailed():
                self.household.residents.child_failed(message)
            case Undelivered():
                self.household.residents.children.take_undelivered(message)
            case SiteDevices():
                self.household.residents.take_devices(message)
            case GatewayChecked():
                self.household.take_gateway(message)
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
        self.configuration = message.configuration
        self.link = Link(message.parts, self.myAddress, message.configuration)
        self.deliveries = Deliveries(message.configuration.site.id, message.memory.deliveries)
        self.reception = self.new_reception(message.memory.topics)
        self.household = Household(self, message.parts, message.configuration)
        self.household.remember(message.memory)

    @property
    def name(self) -> str:
        return self.configuration.site.code

    def troubles(self) -> Mapping[str, Trouble]:
        return self.household.residents.children.troubles

    @property
    def record(self) -> SiteMemory:
        """What a new actor for this site begins again from, if this one fails."""
        return SiteMemory(
            ConnectionState(self.household.site_id),
            topics=self.reception.catalogue.records(),
            deliveries=self.deliveries.records(),
        )

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
            self.household.residents.tell_all(RollingChanged(configuration.connection.rolling_readings))

    def take(self, arrived: Arrived) -> None:
        self.now = arrived.now
        if arrived.topic == self.link.presence_topic:
            self.take_echo(arrived)
            return
        self.last_message_at = arrived.now.epoch
        self.link.heard(arrived.now)
        # A message at QoS 0 is never sent again, and waits for no acknowledgement.
        if arrived.qos and not self.await_commit(arrived):
            self.outcomes[REDELIVERED] += 1
            return
        received = self.reception.receive(arrived)
        self.outcomes[received.outcome] += 1
        if received.observations:
            live = not arrived.retain and self.link.is_live
            source = Source(arrived, received.parser)
            for observation in received.observations:
                self.household.observe(observation, live, not arrived.retain, arrived.now, source)
        else:
            self.tell_of(received)
        if received.new_topic is not None:
            self.send(self.parts.recorder, TopicsChanged((received.new_topic,)))

    def take_echo(self, arrived: Arrived) -> None:
        """Take our own presence: it changes nothing that is stored."""
        self.link.take_echo(arrived.payload, arrived.now)
        if arrived.qos:
            self.await_commit(arrived)  # acknowledgements go in the order in which messages came
        self.change_link(self.link.is_live, self.now)  # what was queued for us is through

    def await_commit(self, arrived: Arrived) -> bool:
        """Have a message acknowledged once what it changed is committed; whether it is new."""
        is_new = self.deliveries.take(arrived)
        self.parts.commits.wait(len(self.deliveries.waiting), arrived.now.monotonic)
        return is_new

    def acknowledge(self, number: int) -> None:
        for receipt in self.deliveries.commit(number):
            self.link.ack(receipt.attempt, receipt.packet_id, receipt.qos)
        self.link.flush()

    def greet(self, attempt: int, session_present: bool) -> None:
        if attempt == self.link.attempt and not session_present:
            self.deliveries.forget()
        self.link.greet(attempt, session_present)

    def tell_of(self, received: Received) -> None:
        """Log a message that changed nothing, if there is something to be said of it."""
        if received.fault is not None:
            self.send(self.parts.recorder, MessageRefused(received.fault))
        if received.is_over_limit:
            most = self.reception.catalogue.most
            self.household.tell_once("limit_reached", "", f"more than {most} topics: others are not entered", self.now)

    def report(self, outcome: LinkOpened | LinkLost | LinkClosed | LinkNoted | None) -> None:
        """Tell the supervisor what became of the link, and the devices whether they can be heard."""
        if outcome is not None:
            self.change_link(self.link.is_live, self.now)
            self.send(self.supervisor, outcome)

    def change_link(self, is_up: bool, now: Now) -> None:
        self.household.residents.change_link(is_up, now)

    def tick(self, now: Now) -> None:
        self.now = now
        self.report(self.link.check(now, self.deliveries.is_held_up()))
        self.change_link(self.link.is_live, now)
        self.household.check(now)
        if self.last_message_at is not None and self.last_message_at != self.told_message_at:
            self.told_message_at = self.last_message_at
            self.send(self.supervisor, Heard(self.household.site_id, self.last_message_at))
        if self.outcomes:
            self.send(self.parts.board, MessagesCounted(dict(self.outcomes)))
            self.outcomes.clear()

    def hand_on(self) -> None:
        """Hand the topics that changed to the recorder, and which messages had come by then."""
        changed = self.reception.catalogue.take_changed()
        if changed:
            self.send(self.parts.recorder, TopicsChanged(changed))
        records = self.deliveries.hand_on()
        if records:
            self.send(self.parts.recorder, DeliveriesChanged(self.household.site_id, records, self.deliveries.number))

    def abandon(self) -> None:
        self.link.drop()
