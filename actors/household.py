"""The devices of one site: finds whom a message speaks of, makes actors for those who are new."""

from collections.abc import Iterator

from thespian.actors import ActorAddress

from ..store.records import (
    DataloggerRecord,
    DeviceEventRecord,
    DeviceKey,
    DeviceRecord,
    GatewayRecord,
    Kind,
    SensorRecord,
    SiteConfiguration,
    SiteMemory,
)
from .base import WardenActor
from .datalogger import DataloggerActor, new_datalogger
from .device_events import DataloggerObserved, GatewayObserved, IdentityEvent, OpenDatalogger, OpenGateway
from .directory import Finding, Place, fallback_serial
from .events import ForDevice
from .gateway import GatewayActor
from .messages import Now
from .parsing.observations import DataloggerObservation, GatewayObservation
from .parts import Parts
from .population import Allowance, Population, Resident

# Different events of one site; who invents a serial for each message is not told of for ever.
MOST_TOLD = 1_000


class Household:
    """Works in the name of a connection actor, `owner`, who is the parent of all device actors here."""

    def __init__(self, owner: WardenActor, parts: Parts, configuration: SiteConfiguration) -> None:
        self.owner = owner
        self.parts = parts
        self.gateways = Population()
        self.dataloggers = Population()
        self.allowance = Allowance(parts.settings.mqtt.max_devices)
        self.link_up_since: float | None = None
        self.told: set[tuple[str, str]] = set()
        self.configure(configuration)

    def configure(self, configuration: SiteConfiguration) -> None:
        connection = configuration.connection
        self.configuration = configuration
        is_enabled = self.parts.settings.mqtt.auto_discovery_enabled
        self.allowance.is_open = is_enabled and connection.discovery_mode == "open"

    @property
    def site_id(self) -> int:
        return self.configuration.site.id

    def addresses(self) -> Iterator[ActorAddress]:
        for population in (self.gateways, self.dataloggers):
            for resident in population.residents.values():
                yield resident.address

    def tell_all(self, message: object) -> None:
        for address in self.addresses():
            self.owner.send(address, message)

    # Opening

    def remember(self, memory: SiteMemory) -> None:
        """Open the devices that were known before a restart."""
        self.allowance.devices = len(memory.gateways) + len(memory.dataloggers) + len(memory.sensors)
        self.open_all((*memory.gateways, *memory.dataloggers), memory.sensors, None)

    def open_again(self, records: tuple[DeviceRecord, ...], now: Now) -> None:
        """Open those whose actor has failed, from what the board knew of them."""
        sensors = tuple(record for record in records if isinstance(record, SensorRecord))
        self.open_all(records, sensors, self.observed_since(now))

    def observed_since(self, now: Now) -> float | None:
        """Since when a device that is opened now is observed: not since the link is up, that was before its time."""
        return None if self.link_up_since is None else now.monotonic

    def open_all(
        self, records: tuple[DeviceRecord, ...], sensors: tuple[SensorRecord, ...], since: float | None
    ) -> None:
        of_slot: dict[str, list[SensorRecord]] = {}
        for sensor in sensors:
            of_slot.setdefault(sensor.slot, []).append(sensor)
        for record in records:
            if isinstance(record, GatewayRecord) and record.slot not in self.gateways.residents:
                self.open_gateway(record, since)
            elif isinstance(record, DataloggerRecord) and record.slot not in self.dataloggers.residents:
                self.open_datalogger(record, since, tuple(of_slot.get(record.slot, ())))

    def open_gateway(self, record: GatewayRecord, since: float | None) -> Resident:
        address = self.owner.createActor(GatewayActor)
        self.owner.send(address, OpenGateway(self.parts, record, since))
        return self.gateways.settle(record, address)

    def open_datalogger(
        self, record: DataloggerRecord, since: float | None, sensors: tuple[SensorRecord, ...] = ()
    ) -> Resident:
        address = self.owner.createActor(DataloggerActor)
        rolling = self.configuration.connection.rolling_readings
        self.owner.send(address, OpenDatalogger(self.parts, record, sensors, since, rolling))
        resident = self.dataloggers.settle(record, address)
        resident.sensors.update(sensor.serial_number for sensor in sensors)
        return resident

    def lose(self, address: ActorAddress) -> bool:
        """Forget an actor that has failed; whether it was one of ours."""
        for population in (self.gateways, self.dataloggers):
            slot = population.slot_of(address)
            if slot is not None:
                del population.residents[slot]
                return True
        return False

    # Observing

    def observe(
        self, observation: DataloggerObservation | GatewayObservation, live: bool, counted: bool, now: Now
    ) -> None:
        """Tell a device what a message said of it. `live` proves that it is alive, `counted` is a heartbeat."""
        is_datalogger = isinstance(observation, DataloggerObservation)
        population = self.dataloggers if is_datalogger else self.gateways
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
            self.owner.send(resident.address, DataloggerObserved(observation, live, counted, now))
        else:
            self.owner.send(resident.address, GatewayObserved(observation, live, counted, now))

    def enter(self, observation: DataloggerObservation | GatewayObservation, place: Place, now: Now) -> Resident:
        serial = place.serial or fallback_serial(place.slot)
        since = self.observed_since(now)
        if isinstance(observation, GatewayObservation):
            return self.open_gateway(GatewayRecord(self.site_id, place.slot, serial, first_seen_at=now.epoch), since)
        return self.open_datalogger(new_datalogger(self.site_id, place.slot, serial, observation, now.epoch), since)

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
        population = self.gateways if key.kind is Kind.GATEWAY else self.dataloggers
        resident = population.residents.get(key.slot)
        if resident is not None:
            self.owner.send(resident.address, message if key.kind is Kind.SENSOR else message.decision)
