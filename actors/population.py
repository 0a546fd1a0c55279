"""The gateways and dataloggers of one site: who they are, where their actors are, and how many more may come."""

from dataclasses import dataclass, field

from thespian.actors import ActorAddress

from ..store.records import DataloggerRecord, GatewayRecord
from .directory import Directory, Finding, Place, fallback_serial


@dataclass(slots=True)
class Resident:
    """A gateway or datalogger that is known. `sensors` are the serials of its sensors."""

    address: ActorAddress
    sensors: set[str] = field(default_factory=set)


class Population:
    """The residents of one kind (gateways, or dataloggers) by slot, with what their directory knows."""

    def __init__(self) -> None:
        self.residents: dict[str, Resident] = {}
        self.directory = Directory()

    def settle(self, record: GatewayRecord | DataloggerRecord, address: ActorAddress) -> Resident:
        serial = record.serial_number
        self.directory.add(record.slot, None if serial == fallback_serial(record.slot) else serial)
        resident = self.residents[record.slot] = Resident(address)
        return resident

    def locate(self, slot: str, serial: str | None) -> Place:
        """As `Directory.locate`; a serial that is learned, or replaced, is entered."""
        place = self.directory.locate(slot, serial)
        if place.finding in (Finding.SERIAL_LEARNED, Finding.HARDWARE_REPLACED):
            self.directory.add(place.slot, place.serial)
        return place

    def slot_of(self, address: ActorAddress) -> str | None:
        return next((slot for slot, resident in self.residents.items() if resident.address == address), None)


class Allowance:
    """How many devices a site may still gain; `is_open` is false where people want no discovery."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.is_open = True
        self.devices = 0

    def take(self) -> bool:
        """Whether one more device may be entered."""
        if self.is_open and self.devices < self.most:
            self.devices += 1
            return True
        return False
