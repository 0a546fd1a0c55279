"""The devices of one site: finds whom a message speaks of, lets in those who are new, has all look at deadlines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..store.records import (
    DeviceEventRecord,
    DeviceKey,
    GatewayRecord,
    Kind,
    SensorRecord,
    SiteConfiguration,
    SiteMemory,
)
from .datalogger import new_datalogger
from .device_events import CheckDevice, DataloggerObserved, GatewayChecked, GatewayObserved, Source
from .directory import Finding, Place, fallback_serial
from .events import ForDevice
from .gateway_watch import GatewayWatch
from .messages import Now
from .parsing.observations import DataloggerObservation, GatewayObservation
from .parts import Parts
from .population import Allowance, Resident
from .record_events import IdentityEvent
from .residents import Residents
from .topics import discovery_mode

if TYPE_CHECKING:
    from .connection import ConnectionActor

# Different events of one site; who invents a serial for each message is not told of for ever.
MOST_TOLD = 1_000


class Household:
    """Works in the name of a connection actor, `owner`, and tells its `residents` what messages say."""

    def __init__(self, owner: ConnectionActor, parts: Parts, configuration: SiteConfiguration) -> None:
        self.owner = owner
        self.parts = parts
        self.residents = Residents(owner, parts, configuration)
        self.allowance = Allowance(parts.settings.mqtt.max_devices)
        self.gateway_watch = GatewayWatch()
        self.told: set[tuple[str, str]] = set()
        self.configure(configuration)

    def configure(self, configuration: SiteConfiguration) -> None:
        connection = configuration.connection
        self.configuration = self.residents.configuration = configuration
        mode = discovery_mode(connection, self.parts.settings.mqtt.auto_discovery_enabled)
        self.allowance.is_open = mode == "open"

    @property
    def site_id(self) -> int:
        return self.configuration.site.id

    def remember(self, memory: SiteMemory) -> None:
        """Open the devices that were known before a restart."""
        self.allowance.devices = len(memory.gateways) + len(memory.dataloggers) + len(memory.sensors)
        for gateway in memory.gateways:
            self.gateway_watch.remember(gateway)
            self.residents.open_gateway(gateway, None)
        of_slot: dict[str, list[SensorRecord]] = {}
        for sensor in memory.sensors:
            of_slot.setdefault(sensor.slot, []).append(sensor)
        for datalogger in memory.dataloggers:
            self.residents.open_datalogger(datalogger, None, tuple(of_slot.get(datalogger.slot, ())))

    # Looking at deadlines

    def check(self, now: Now) -> None:
        """Have everybody look at their deadlines, and begin those again whose wait is over."""
        for trouble in self.residents.children.due(now):
            self.residents.begin_again(trouble)
        connection = self.configuration.connection
        interval, multiplier = connection.heartbeat_interval, connection.heartbeat_timeout_multiplier
        for gateway in self.residents.gateways.residents.values():
            self.owner.send(gateway.address, CheckDevice(now, interval, multiplier))
        check = CheckDevice(now, interval, multiplier, self.gateway_watch.silence())
        for datalogger in self.residents.dataloggers.residents.values():
            self.owner.send(datalogger.address, check)

    def take_gateway(self, checked: GatewayChecked) -> None:
        """Take what a gateway says of itself; that it is lost, or back, is an event."""
        dataloggers = self.residents.dataloggers.residents.values()
        devices = len(dataloggers) + sum(len(resident.sensors) for resident in dataloggers)
        event = self.gateway_watch.take(checked, devices, self.owner.now.epoch)
        if event is not None:
            self.owner.send(self.parts.recorder, IdentityEvent(event))

    # Observing

    def observe(
        self,
        observation: DataloggerObservation | GatewayObservation,
        live: bool,
        counted: bool,
        now: Now,
        source: Source,
    ) -> None:
        """Tell a device what a message said of it. `live` proves that it is alive, `counted` is a heartbeat."""
        is_datalogger = isinstance(observation, DataloggerObservation)
        population = self.residents.dataloggers if is_datalogger else self.residents.gateways
        place = population.locate(observation.slot, observation.serial_number)
        resident = population.residents.get(place.slot)
        if resident is None:
            if not self.may_enter(place.slot, now):
                return
            resident = self.enter(observation, place, now)
        if place.finding not in (Finding.KNOWN, Finding.NEW):
            self.tell_identity(place, observation.serial_number, now)
        if observation.serial_number is not place.serial:
            observation = observation._replace(serial_number=place.serial)
        if isinstance(observation, DataloggerObservation):
            observation = self.admit(observation, resident, now)
            self.owner.send(resident.address, DataloggerObserved(observation, live, counted, now, source))
        else:
            self.owner.send(resident.address, GatewayObserved(observation, live, counted, now, source))

    def enter(self, observation: DataloggerObservation | GatewayObservation, place: Place, now: Now) -> Resident:
        serial = place.serial or fallback_serial(place.slot)
        since = self.residents.observed_since(now)
        if isinstance(observation, GatewayObservation):
            return self.residents.open_gateway(
                GatewayRecord(self.site_id, place.slot, serial, first_seen_at=now.epoch), since
            )
        return self.residents.open_datalogger(
            new_datalogger(self.site_id, place.slot, serial, observation, now.epoch), since
        )

    def admit(self, observation: DataloggerObservation, resident: Resident, now: Now) -> DataloggerObservation:
        """Enter the sensors that are new, and leave out those that may not be."""
        known = resident.sensors
        if known.issuperset([sensor.serial_number for sensor in observation.sensors]):
            return observation
        admitted = []
        for sensor in observation.sensors:
            if sensor.serial_number in known or self.may_enter(sensor.serial_number, now):
                known.add(sensor.serial_number)
                admitted.append(sensor)
        return observation._replace(sensors=tuple(admitted))

    def may_enter(self, what: str, now: Now) -> bool:
        """Whether a device that nobody knows may be entered; that there are too many is told once."""
        if self.allowance.take():
            return True
        if self.allowance.is_open:
            most = self.allowance.most
            self.tell_once("limit_reached", "", f"more than {most} devices: others are not entered", now)
        return False

    def tell_identity(self, place: Place, serial: str | None, now: Now) -> None:
        match place.finding:
            case Finding.SERIAL_LEARNED:
                message = f"its serial is {serial}"
            case Finding.HARDWARE_REPLACED:
                message = f"its serial is now {serial}: the hardware was replaced, the history goes on"
            case _:
                message = f"serial {serial} is that of another device of this site; nothing was moved"
        self.tell_once(place.finding.name.lower(), place.slot, message, now)

    def tell_once(self, event: str, slot: str, message: str, now: Now) -> None:
        if (slot, message) not in self.told and len(self.told) < MOST_TOLD:
            self.told.add((slot, message))
            record = DeviceEventRecord(self.site_id, now.epoch, event, slot, message)
            self.owner.send(self.parts.recorder, IdentityEvent(record))

    def pass_on(self, key: DeviceKey, message: ForDevice) -> None:
        """Send a person's decision to its device; a datalogger passes it on to its sensor."""
        population = self.residents.gateways if key.kind is Kind.GATEWAY else self.residents.dataloggers
        resident = population.residents.get(key.slot)
        if resident is not None:
            self.owner.send(resident.address, message if key.kind is Kind.SENSOR else message.decision)
