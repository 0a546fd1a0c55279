"""The actors of a site's gateways and dataloggers: opened, told, and begun again when they fail (row B9)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from thespian.actors import ActorAddress

from ..store.records import DataloggerRecord, GatewayRecord, SensorRecord, SiteConfiguration
from .children import Children, Trouble, restart_policy
from .datalogger import DataloggerActor
from .device_events import LinkChanged, OpenDatalogger, OpenGateway
from .events import ChildFailed
from .gateway import GatewayActor
from .messages import Now
from .parts import Parts
from .population import Population, Resident
from .record_events import ListSiteDevices, SiteDevices

if TYPE_CHECKING:
    from .connection import ConnectionActor


class Residents:
    """Works in the name of a connection actor, `owner`, who is the parent of all actors here."""

    def __init__(self, owner: ConnectionActor, parts: Parts, configuration: SiteConfiguration) -> None:
        self.owner = owner
        self.parts = parts
        self.configuration = configuration
        self.gateways = Population()
        self.dataloggers = Population()
        policy = restart_policy(parts.settings.supervision)
        self.children = Children(owner, parts.recorder, policy, configuration.site.id)
        self.to_begin_again: list[Trouble] = []  # when the board has said what their sensors were last like
        self.link_up_since: float | None = None

    def addresses(self) -> Iterator[ActorAddress]:
        for population in (self.gateways, self.dataloggers):
            for resident in population.residents.values():
                yield resident.address

    def tell_all(self, message: object) -> None:
        for address in self.addresses():
            self.owner.send(address, message)

    def change_link(self, is_up: bool, now: Now) -> None:
        """Tell everybody whether they can be heard, if that has changed."""
        if is_up != (self.link_up_since is not None):
            self.link_up_since = now.monotonic if is_up else None
            self.tell_all(LinkChanged(is_up, now))

    # Opening

    def open_gateway(self, record: GatewayRecord, since: float | None) -> Resident:
        address = self.owner.createActor(GatewayActor)
        self.owner.send(address, OpenGateway(self.parts, record, since))
        return self.gateways.settle(record, address)

    def open_datalogger(
        self, record: DataloggerRecord, since: float | None, sensors: tuple[SensorRecord, ...] = ()
    ) -> Resident:
        address = self.owner.createActor(DataloggerActor)
        self.owner.send(address, self.opening_of(record, sensors, since))
        resident = self.dataloggers.settle(record, address)
        resident.sensors.update(sensor.serial_number for sensor in sensors)
        return resident

    def opening_of(
        self, record: DataloggerRecord, sensors: tuple[SensorRecord, ...], since: float | None
    ) -> OpenDatalogger:
        rolling = self.configuration.connection.rolling_readings
        return OpenDatalogger(self.parts, record, sensors, since, rolling, self.owner.now)

    def observed_since(self, now: Now) -> float | None:
        """Since when a device that is opened now is observed: not since the link is up, that was before its time."""
        return None if self.link_up_since is None else now.monotonic

    # Devices that fail

    def child_failed(self, failed: ChildFailed) -> None:
        """Begin a device again, or plan it. Raises `RestartsExceeded`."""
        for kind, population in (("gateway", self.gateways), ("datalogger", self.dataloggers)):
            slot = population.slot_of(failed.address)
            if slot is not None:
                trouble = self.children.take_failure(kind, slot, failed, self.owner.now)
                if trouble is not None:
                    self.begin_again(trouble)

    def begin_again(self, trouble: Trouble) -> None:
        """Begin a gateway again from its last record; of a datalogger's sensors the board has the newest."""
        record = last_record(trouble)
        if isinstance(record, GatewayRecord):
            since = self.observed_since(self.owner.now)
            self.children.revive(trouble, OpenGateway(self.parts, record, since))
            return
        self.to_begin_again.append(trouble)
        self.owner.send(self.parts.board, ListSiteDevices(self.configuration.site.id))

    def take_devices(self, devices: SiteDevices) -> None:
        """Begin dataloggers again, with the sensors that the board knows of."""
        waiting, self.to_begin_again = self.to_begin_again, []
        for trouble in waiting:
            record = last_record(trouble)
            assert isinstance(record, DataloggerRecord)
            sensors = {sensor.serial_number: sensor for sensor in first_sensors(trouble)}
            for device in devices.records:
                if isinstance(device, SensorRecord) and device.slot == record.slot:
                    sensors[device.serial_number] = device
            since = self.observed_since(self.owner.now)
            self.children.revive(trouble, self.opening_of(record, tuple(sensors.values()), since))


def last_record(trouble: Trouble) -> object:
    """The last good state of a device; one that failed of its first message still has the one in that."""
    opening = trouble.message
    return opening.record if isinstance(opening, OpenGateway | OpenDatalogger) else trouble.record


def first_sensors(trouble: Trouble) -> tuple[SensorRecord, ...]:
    """The sensors that a datalogger was opened with, if it failed before the board knew of them."""
    return trouble.message.sensors if isinstance(trouble.message, OpenDatalogger) else ()
