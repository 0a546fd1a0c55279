"""Which device a message speaks of (row C3).

A gateway or datalogger is found by its serial within its site, else by its slot. Its `slot` is its identity for good:
the place its topic names, or `serial:...` where the first topic that spoke of it named none. A serial is an attribute
that may arrive late or change.
"""

from enum import Enum, auto
from typing import NamedTuple

SERIAL_SLOT = "serial:"


class Finding(Enum):
    KNOWN = auto()
    NEW = auto()
    SERIAL_LEARNED = auto()
    HARDWARE_REPLACED = auto()
    SERIAL_CONFLICT = auto()


class Place(NamedTuple):
    """Where a message belongs. `serial` is what its device is to be told: None leaves it as it is."""

    finding: Finding
    slot: str
    serial: str | None


class Directory:
    """The gateways, or the dataloggers, of one site."""

    def __init__(self) -> None:
        self.serials: dict[str, str | None] = {}  # slot -> serial; None while it is the fallback
        self.slots: dict[str, str] = {}  # serial -> slot

    def add(self, slot: str, serial: str | None) -> None:
        """Enter a device; `serial` is None where only its fallback is known."""
        old = self.serials.get(slot)
        if old is not None and self.slots.get(old) == slot:
            del self.slots[old]
        self.serials[slot] = serial
        if serial is not None:
            self.slots.setdefault(serial, slot)

    def locate(self, slot: str, serial: str | None) -> Place:
        """Decide whom a message is about that names this slot and, perhaps, this serial. Changes nothing."""
        if serial is None:
            return Place(Finding.KNOWN if slot in self.serials else Finding.NEW, slot, None)
        owner = self.slots.get(serial)
        if owner == slot:
            return Place(Finding.KNOWN, slot, serial)
        if owner is not None:
            if slot.startswith(SERIAL_SLOT) or owner.startswith(SERIAL_SLOT):
                return Place(Finding.KNOWN, owner, serial)
            # One serial in two places: both stay what they are, and neither is moved.
            return Place(Finding.SERIAL_CONFLICT, slot, None)
        if slot not in self.serials:
            return Place(Finding.NEW, slot, serial)
        replaced = self.serials[slot] is not None
        return Place(Finding.HARDWARE_REPLACED if replaced else Finding.SERIAL_LEARNED, slot, serial)


def fallback_serial(slot: str) -> str:
    """The serial of a device that has not told one: `monstro_1` for `monstro/1`."""
    return slot.removeprefix(SERIAL_SLOT).replace("/", "_")
