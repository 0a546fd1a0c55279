"""A site: its link, its topics, its devices. The way of a message begins here.

Arrived -> is it this site's, and new? -> catalogue of topics -> parser -> whom does it speak of? -> device
"""

import logging
from collections import Counter
from zoneinfo import ZoneInfo

from thespian.actors import ActorAddress, ActorExitRequest

from ..store.records import (
    ConnectionState,
    DataloggerRecord,
    DeviceEventRecord,
    DeviceKey,
    DiscoveredTopicRecord,
    ErrorType,
    GatewayRecord,
    Kind,
    ParsingLogRecord,
    SensorRecord,
    SiteConfiguration,
    SiteMemory,
)
from .base import WardenActor
from .catalogue import Catalogue, KnownTopic, sample
from .datalogger import DataloggerActor, new_datalogger
from .directory import Finding, Place, fallback_serial
from .events import (
    Answered,
    Arrived,
    Asked,
    CheckDevice,
    ChildFailed,
    CloseLink,
    Configured,
    DataloggerObserved,
    Dial,
    DialFailed,
    Dialled,
    Flush,
    ForDevice,
    GatewayObserved,
    Granted,
    Greeted,
    Heard,
    IdentityEvent,
    LinkChanged,
    LinkClosed,
    LinkLost,
    LinkOpened,
    ListSiteDevices,
    MessageRefused,
    MessagesCounted,
    OpenDatalogger,
    OpenGateway,
    OpenSite,
    RollingChanged,
    SessionEnded,
    SiteDevices,
    Tick,
    TopicsChanged,
    TopicStored,
)
from .gateway import GatewayActor
from .link import Link
from .messages import ForceDiscovery, ListTopics, Now, PauseTopic
from .parsing.document import Limits
from .parsing.faults import MessageInvalid
from .parsing.intake import read
from .parsing.observations import DataloggerObservation, GatewayObservation
from .parsing.parser import Context
from .parsing.registry import Route, SegmentInvalid
from .population import Allowance, Population, Resident

log = logging.getLogger("sitewarden.parsing")

# What may become of a message; each is counted, and every message is counted once.
PROCESSED = "processed"
UNPROCESSABLE = "unprocessable"
PAUSED = "paused"
REFUSED = "refused"
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
                self.change_link(False, now)
                self.link.dial(now)
            case Dialled():
                self.link.take_session(message)
            case DialFailed():
                self.report(self.link.fail_dial(message, self.now))
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
                self.pause(path, is_active)
            case ForDevice(key=key):
                self.pass_on(key, message)
            case Asked(id=id, question=ListTopics(), reply_to=reply_to):
                self.send(reply_to, Answered(id, self.catalogue.records()))
            case TopicStored(topic_path=path, id=id) if topic := self.catalogue.find(path):
                topic.id = id
            case TopicStored():
                pass  # the prefix was configured anew meanwhile
            case Flush():
                self.hand_on()
            case ChildFailed(address=address):
                self.begin_child_again(address)
            case SiteDevices():
                self.reopen(message)
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
        self.link = Link(message.parts, self.myAddress, message.configuration)
        self.is_up_since: float | None = None
        self.last_message_at: float | None = None
        self.told_message_at: float | None = None
        self.outcomes: Counter[str] = Counter()
        self.told: set[tuple[str, str]] = set()
        self.hand_on_at = 0.0
        self.gateways = Population()
        self.dataloggers = Population()
        self.allowance = Allowance(self.parts.settings.mqtt.max_devices)
        memory = message.memory
        self.allowance.devices = len(memory.gateways) + len(memory.dataloggers) + len(memory.sensors)
        self.apply(message.configuration, memory.topics)
        for gateway in memory.gateways:
            self.open_gateway(gateway)
        for datalogger in memory.dataloggers:
            self.open_datalogger(datalogger, sensors_of(datalogger, memory.sensors))

    @property
    def record(self) -> SiteMemory:
        """What a new actor for this site begins again from, if this one fails."""
        return SiteMemory(ConnectionState(self.configuration.site.id), topics=self.catalogue.records())

    def apply(self, configuration: SiteConfiguration, topics: tuple[DiscoveredTopicRecord, ...]) -> None:
        """Take what people decided, keeping what was learned."""
        settings = self.parts.settings.mqtt
        connection = configuration.connection
        self.configuration = configuration
        self.link.configuration = configuration
        self.zone = ZoneInfo(connection.device_timezone)
        self.limits = Limits(payload_bytes=settings.max_payload)
        self.is_discovering = settings.auto_discovery_enabled and connection.discovery_mode == "open"
        self.allowance.is_open = self.is_discovering
        self.catalogue = Catalogue(
            configuration.site.id,
            connection.topic_prefix,
            self.parts.registry,
            configuration.topics,
            settings.max_topics,
        )
        self.catalogue.remember(topics)

    def configure(self, configuration: SiteConfiguration) -> None:
        before = self.configuration.connection
        self.apply(configuration, self.catalogue.records())
        if configuration.connection.rolling_readings != before.rolling_readings:
            self.tell_devices(RollingChanged(configuration.connection.rolling_readings))

    # The link

    def report(self, outcome: LinkOpened | LinkLost | LinkClosed | None) -> None:
        """Tell the supervisor what became of the link, and the devices whether they can be heard."""
        if outcome is None:
            return
        self.change_link(isinstance(outcome, LinkOpened), self.now)
        self.send(self.supervisor, outcome)

    def change_link(self, is_up: bool, now: Now) -> None:
        if is_up != (self.is_up_since is not None):
            self.is_up_since = now.monotonic if is_up else None
            self.tell_devices(LinkChanged(is_up, now))

    def abandon(self) -> None:
        self.link.drop()

    # The clock

    def tick(self, now: Now) -> None:
        self.now = now
        self.report(self.link.check(now))
        connection = self.configuration.connection
        self.tell_devices(CheckDevice(now, connection.heartbeat_interval, connection.heartbeat_timeout_multiplier))
        if self.last_message_at != self.told_message_at and self.last_message_at is not None:
            self.told_message_at = self.last_message_at
            self.send(self.supervisor, Heard(self.configuration.site.id, self.last_message_at))
        if self.outcomes:
            self.send(self.parts.board, MessagesCounted(dict(self.outcomes)))
            self.outcomes.clear()
        if now.monotonic >= self.hand_on_at:
            self.hand_on_at = now.monotonic + self.parts.settings.persist.interval
            self.hand_on()

    def hand_on(self) -> None:
        changed = self.catalogue.take_changed()
        if changed:
            self.send(self.parts.recorder, TopicsChanged(changed))

    # A message

    def take(self, arrived: Arrived) -> None:
        self.now = arrived.now
        path = arrived.topic
        if path == self.link.presence_topic:
            self.link.take_echo(arrived.payload)
            return
        topic = self.find_topic(arrived)
        if topic is None:
            self.outcomes[REFUSED] += 1
            return
        # At QoS 0 nothing is ever sent again, so nothing need be remembered.
        if arrived.qos and topic.came_before(arrived.payload, arrived.dup):
            self.outcomes[REDELIVERED] += 1
            return
        self.last_message_at = arrived.now.epoch
        topic.see(arrived.payload, arrived.now.epoch)
        if not topic.is_processed:
            self.outcomes[UNPROCESSABLE if topic.route is None else PAUSED] += 1
        elif isinstance(topic.route, SegmentInvalid):
            fault = MessageInvalid(ErrorType.VALIDATION, topic.route.message)
            self.refuse(arrived, topic.path, topic.route.parser.name, fault)
        else:
            self.process(arrived, topic)

    def find_topic(self, arrived: Arrived) -> KnownTopic | None:
        """Give the topic of a message, entering it if it is new and may be; None if the message is refused."""
        path = arrived.topic
        if path is None:
            self.refuse(arrived, "", "", MessageInvalid(ErrorType.PARSE, "the topic is not UTF-8"), count=False)
            return None
        topic = self.catalogue.find(path)
        if topic is not None:
            return topic
        topic = self.catalogue.discover(path, arrived.now.epoch)
        if topic is None:
            self.refuse_topic(arrived, path)
            return None
        topic.last_payload = arrived.payload
        self.send(self.parts.recorder, TopicsChanged((topic.record(self.configuration.site.id),)))
        return topic

    def refuse_topic(self, arrived: Arrived, path: str) -> None:
        if self.catalogue.is_full:
            self.tell_once("limit_reached", "topics", f"more than {self.catalogue.most} topics; others are not entered")
        else:
            fault = MessageInvalid(ErrorType.VALIDATION, f"the topic is not below {self.catalogue.prefix}/")
            self.refuse(arrived, path, "", fault, count=False)

    def process(self, arrived: Arrived, topic: KnownTopic) -> None:
        route = topic.route
        assert isinstance(route, Route)
        context = Context(self.zone, arrived.now.epoch, self.configuration.site.code)
        try:
            observations = read(route, arrived.payload, context, self.limits)
        except MessageInvalid as invalid:
            # An empty retained message only clears what the broker kept (MQTT 3.1.1 section 3.3.1.3).
            if arrived.payload or not arrived.retain:
                self.refuse(arrived, topic.path, route.parser.name, invalid)
            return
        self.outcomes[PROCESSED] += 1
        live = self.link.is_live and not arrived.retain
        counted = not arrived.retain
        for observation in observations:
            if isinstance(observation, DataloggerObservation):
                self.observe_datalogger(observation, live, counted, arrived.now)
            else:
                self.observe_gateway(observation, live, counted, arrived.now)

    def refuse(self, arrived: Arrived, path: str, parser: str, invalid: MessageInvalid, count: bool = True) -> None:
        """Log a message that changes nothing."""
        if count:
            self.outcomes[REFUSED] += 1
        at = arrived.now.epoch
        record = ParsingLogRecord(
            site_id=self.configuration.site.id,
            topic=path,
            parser=parser,
            error_type=invalid.error_type,
            message=invalid.message,
            sample_payload=sample(arrived.payload),
            exception=invalid.exception,
            first_at=at,
            last_at=at,
        )
        self.send(self.parts.recorder, MessageRefused(record))

    # Devices

    def observe_datalogger(self, observation: DataloggerObservation, live: bool, counted: bool, now: Now) -> None:
        place = self.dataloggers.locate(observation.slot, observation.serial_number)
        resident = self.dataloggers.residents.get(place.slot)
        if resident is None:
            if not self.may_enter(f"datalogger {place.slot}"):
                return
            serial = place.serial or fallback_serial(place.slot)
            site_id = self.configuration.site.id
            resident = self.open_datalogger(new_datalogger(site_id, place.slot, serial, observation, now.epoch), ())
        if place.finding not in (Finding.KNOWN, Finding.NEW):
            self.tell_identity(place, observation.serial_number)
        if not self.are_known(observation, resident):
            observation = self.admit(observation, resident)
        observation = observation._replace(serial_number=place.serial)
        self.send(resident.address, DataloggerObserved(observation, live, counted, now))

    def observe_gateway(self, observation: GatewayObservation, live: bool, counted: bool, now: Now) -> None:
        place = self.gateways.locate(observation.slot, observation.serial_number)
        resident = self.gateways.residents.get(place.slot)
        if resident is None:
            if not self.may_enter(f"gateway {place.slot}"):
                return
            serial = place.serial or fallback_serial(place.slot)
            site_id = self.configuration.site.id
            resident = self.open_gateway(GatewayRecord(site_id, place.slot, serial, first_seen_at=now.epoch))
        if place.finding not in (Finding.KNOWN, Finding.NEW):
            self.tell_identity(place, observation.serial_number)
        observation = observation._replace(serial_number=place.serial)
        self.send(resident.address, GatewayObserved(observation, live, counted, now))

    def are_known(self, observation: DataloggerObservation, resident: Resident) -> bool:
        known = resident.sensors
        return all(sensor.serial_number in known for sensor in observation.sensors)

    def admit(self, observation: DataloggerObservation, resident: Resident) -> DataloggerObservation:
        """Enter the sensors that are new, and leave out those that may not be."""
        admitted = []
        for sensor in observation.sensors:
            serial = sensor.serial_number
            if serial in resident.sensors or self.may_enter(f"sensor {serial}"):
                resident.sensors.add(serial)
                admitted.append(sensor)
        return observation._replace(sensors=tuple(admitted))

    def may_enter(self, what: str) -> bool:
        """Whether a device that nobody knows may be entered; if not, that is told once."""
        if self.allowance.take():
            return True
        if self.is_discovering:
            reason = f"more than {self.allowance.most} devices; others are not entered, {what} first"
            self.tell_once("limit_reached", "devices", reason)
        return False

    def tell_identity(self, place: Place, serial: str | None) -> None:
        match place.finding:
            case Finding.SERIAL_LEARNED:
                message = f"its serial is {serial}"
            case Finding.HARDWARE_REPLACED:
                message = f"its serial is now {serial}: the hardware was replaced, the history goes on"
            case _:
                message = f"serial {serial} is that of another device of this site; nothing was moved"
        self.tell_once(place.finding.name.lower(), place.slot, message)

    def tell_once(self, event: str, slot: str, message: str) -> None:
        if (slot, message) in self.told:
            return
        self.told.add((slot, message))
        log.warning("%s: %s: %s", self.configuration.site.code, slot, message)
        record = DeviceEventRecord(self.configuration.site.id, self.now.epoch, event, slot, message)
        self.send(self.parts.recorder, IdentityEvent(record))

    def open_gateway(self, record: GatewayRecord) -> Resident:
        address = self.createActor(GatewayActor)
        self.send(address, OpenGateway(self.parts, record, self.is_up_since))
        return self.gateways.settle(record, address)

    def open_datalogger(self, record: DataloggerRecord, sensors: tuple[SensorRecord, ...]) -> Resident:
        address = self.createActor(DataloggerActor)
        rolling = self.configuration.connection.rolling_readings
        self.send(address, OpenDatalogger(self.parts, record, sensors, self.is_up_since, rolling))
        resident = self.dataloggers.settle(record, address)
        resident.sensors.update(sensor.serial_number for sensor in sensors)
        return resident

    def tell_devices(self, message: object) -> None:
        for population in (self.gateways, self.dataloggers):
            for resident in population.residents.values():
                self.send(resident.address, message)

    def pass_on(self, key: DeviceKey, message: ForDevice) -> None:
        """Send a person's decision to its device; a datalogger passes it on to its sensor."""
        population = self.gateways if key.kind is Kind.GATEWAY else self.dataloggers
        resident = population.residents.get(key.slot)
        if resident is not None:
            self.send(resident.address, message if key.kind is Kind.SENSOR else message.decision)

    def pause(self, path: str, is_active: bool) -> None:
        topic = self.catalogue.find(path)
        if topic is not None:
            topic.is_active = is_active

    # A device's actor that failed

    def begin_child_again(self, address: ActorAddress) -> None:
        """Ask the board what the device was last like; its sensors have ended with a datalogger."""
        for population in (self.gateways, self.dataloggers):
            slot = population.slot_of(address)
            if slot is not None:
                population.residents.pop(slot)
                self.send(self.parts.board, ListSiteDevices(self.configuration.site.id))

    def reopen(self, devices: SiteDevices) -> None:
        sensors = tuple(record for record in devices.records if isinstance(record, SensorRecord))
        for record in devices.records:
            if isinstance(record, GatewayRecord) and record.slot not in self.gateways.residents:
                self.open_gateway(record)
            elif isinstance(record, DataloggerRecord) and record.slot not in self.dataloggers.residents:
                self.open_datalogger(record, sensors_of(record, sensors))


def sensors_of(datalogger: DataloggerRecord, sensors: tuple[SensorRecord, ...]) -> tuple[SensorRecord, ...]:
    return tuple(sensor for sensor in sensors if sensor.slot == datalogger.slot)
