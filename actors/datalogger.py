"""The live state of a datalogger (row D2), and its sensors."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from thespian.actors import ActorAddress

from ..store.records import Availability, DataloggerRecord, SensorRecord
from .children import Children, Trouble, restart_policy
from .device import DeviceActor
from .device_events import (
    CheckDevice,
    DataloggerObserved,
    LinkChanged,
    OpenDatalogger,
    OpenSensor,
    RollingChanged,
    SensorObserved,
)
from .events import ChildFailed, ForDevice, Undelivered
from .parsing.observations import DataloggerObservation
from .record_events import DeviceStored, OwnerStored
from .sensor import SensorActor


class DataloggerActor(DeviceActor[DataloggerRecord]):
    def receiveMessage(self, message: object, sender: ActorAddress) -> None:
        match message:
            case DataloggerObserved():
                self.observe(message)
            case CheckDevice():
                self.check_all(message)
            case LinkChanged():
                self.change_link(message)
                self.tell_sensors(message)
            case DeviceStored(id=id):
                self.change(self.record._replace(id=id))
                self.tell_sensors(OwnerStored(id))
            case RollingChanged(rolling_readings=count):
                self.rolling_readings = count
                self.tell_sensors(message)
            case ForDevice(key=key, decision=decision) if key.serial in self.sensors:
                self.send(self.sensors[key.serial], decision)
            case ChildFailed():
                self.sensor_failed(message)
            case Undelivered():
                self.children.take_undelivered(message)
            case OpenDatalogger():
                self.open_all(message)
            case _:
                super().receiveMessage(message, sender)

    def open_all(self, message: OpenDatalogger) -> None:
        self.now = message.now
        self.sensors: dict[str, ActorAddress] = {}
        policy = restart_policy(message.parts.settings.supervision)
        self.children = Children(self, message.parts.recorder, policy, message.record.site_id)
        self.rolling_readings = message.rolling_readings
        self.open(message.parts, message.record, message.link_up_since)
        for sensor in message.sensors:
            self.open_sensor(sensor)

    def check_all(self, message: CheckDevice) -> None:
        """Look at its own deadline, then have the sensors look at theirs: its cadence is that of their messages."""
        self.now = message.now
        own = (
            message if self.record.interval_seconds is None else replace(message, interval=self.record.interval_seconds)
        )
        self.check(own)
        for trouble in self.children.due(self.now):
            self.begin_again(trouble)
        self.tell_sensors(LinkChanged(True, self.now) if self.is_unheard else own)

    @property
    def is_unheard(self) -> bool:
        return self.record.is_deleted and self.liveness.link_up_since is not None

    def tell_sensors(self, message: object) -> None:
        for sensor in self.sensors.values():
            self.send(sensor, message)

    def open_sensor(self, record: SensorRecord) -> ActorAddress:
        sensor = self.sensors[record.serial_number] = self.createActor(SensorActor)
        self.send(sensor, self.opening_of(record))
        return sensor

    def opening_of(self, record: SensorRecord) -> OpenSensor:
        # It is observed from now on, not since the link is up: what was before is not its silence.
        return OpenSensor(self.parts, record, self.liveness.silent_since(), self.rolling_readings)

    def sensor_failed(self, failed: ChildFailed) -> None:
        serial = next((serial for serial, address in self.sensors.items() if address == failed.address), None)
        if serial is not None:
            trouble = self.children.take_failure("sensor", serial, failed, self.now)
            if trouble is not None:
                self.begin_again(trouble)

    def begin_again(self, trouble: Trouble) -> None:
        """Begin a sensor again from its last record; one that failed of its first message still has the one in that."""
        record = trouble.message.record if isinstance(trouble.message, OpenSensor) else trouble.record
        assert isinstance(record, SensorRecord)
        self.children.revive(trouble, self.opening_of(record))

    def troubles(self) -> Mapping[str, Trouble]:
        return self.children.troubles

    def observe(self, message: DataloggerObserved) -> None:
        if self.record.is_deleted:
            return
        observation, live, now = message.observation, message.live, message.now
        self.change(self.record._replace(**self.changes(message)))
        for observed in observation.sensors:
            sensor = self.sensors.get(observed.serial_number)
            if sensor is None:
                sensor = self.open_sensor(self.new_sensor(observed.serial_number, now.epoch))
            self.send(sensor, SensorObserved(observed, live, now, message.source))

    def changes(self, message: DataloggerObserved) -> dict[str, Any]:
        """What a heartbeat changes. It runs for each: what the message did not tell is left out."""
        record, observation, now = self.record, message.observation, message.now
        changes: dict[str, Any] = {}
        if message.counted:
            changes["total_heartbeats"] = record.total_heartbeats + 1
        if message.live:
            online, observed = self.liveness.hear(now.monotonic)
            changes["online_seconds"] = record.online_seconds + online
            changes["observed_seconds"] = record.observed_seconds + observed
            changes["availability"] = Availability.ONLINE
            changes["availability_cause"] = ""
            changes["last_heartbeat"] = changes["last_communication"] = now.epoch
            if observation.device_time is not None:
                changes["clock_skew_seconds"] = observation.device_time - now.epoch
        if observation.serial_number is not None:
            changes["serial_number"] = observation.serial_number
        if observation.firmware_version:
            changes["firmware_version"] = observation.firmware_version
        if observation.ip_address:
            changes["ip_address"] = observation.ip_address
        if observation.acquisition:
            changes["acquisition"] = observation.acquisition
        if observation.interval_seconds is not None:
            changes["interval_seconds"] = observation.interval_seconds
        if observation.metadata:
            changes["raw_metadata"] = observation.metadata
        return changes

    def new_sensor(self, serial: str, at: float) -> SensorRecord:
        return SensorRecord(
            site_id=self.record.site_id,
            slot=self.record.slot,
            serial_number=serial,
            datalogger_id=self.record.id,
            first_seen_at=at,
        )


def new_datalogger(
    site_id: int, slot: str, serial: str, observed: DataloggerObservation, at: float
) -> DataloggerRecord:
    """The record of a datalogger that nobody knew; the message that told of it is counted afterwards."""
    return DataloggerRecord(
        site_id=site_id,
        slot=slot,
        serial_number=serial,
        datalogger_type=observed.datalogger_type,
        instance_number=observed.instance_number,
        first_seen_at=at,
    )
