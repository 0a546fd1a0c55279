"""The live state of a datalogger (row D2), and its sensors."""

from typing import Any

from thespian.actors import ActorAddress

from ..store.records import Availability, DataloggerRecord, SensorRecord
from .device import DeviceActor
from .device_events import (
    CheckDevice,
    DataloggerObserved,
    DeviceStored,
    LinkChanged,
    OpenDatalogger,
    OpenSensor,
    OwnerStored,
    RollingChanged,
    SensorObserved,
)
from .events import ChildFailed, ForDevice
from .parsing.observations import DataloggerObservation
from .sensor import SensorActor


class DataloggerActor(DeviceActor[DataloggerRecord]):
    def receiveMessage(self, message: object, sender: ActorAddress) -> None:
        match message:
            case DataloggerObserved():
                self.observe(message)
            case CheckDevice(now=now, interval=interval, multiplier=multiplier):
                own = CheckDevice(now, self.record.interval_seconds or interval, multiplier)
                self.check(own)
                self.tell_sensors(LinkChanged(True, now) if self.is_unheard else own)
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
            case ChildFailed(address=address, record=SensorRecord() as record) if address in self.sensors.values():
                self.open_sensor(record)
            case OpenDatalogger():
                self.sensors: dict[str, ActorAddress] = {}
                self.rolling_readings = message.rolling_readings
                self.open(message.parts, message.record, message.link_up_since)
                for sensor in message.sensors:
                    self.open_sensor(sensor)
            case _:
                super().receiveMessage(message, sender)

    @property
    def is_unheard(self) -> bool:
        return self.record.is_deleted and self.liveness.link_up_since is not None

    def tell_sensors(self, message: object) -> None:
        for sensor in self.sensors.values():
            self.send(sensor, message)

    def open_sensor(self, record: SensorRecord) -> ActorAddress:
        sensor = self.sensors[record.serial_number] = self.createActor(SensorActor)
        # It is observed from now on, not since the link is up: what was before is not its silence.
        since = self.liveness.silent_since()
        self.send(sensor, OpenSensor(self.parts, record, since, self.rolling_readings))
        return sensor

    def observe(self, message: DataloggerObserved) -> None:
        if self.record.is_deleted:
            return
        observation, live, now = message.observation, message.live, message.now
        self.change(self.record._replace(**self.changes(message)))
        for observed in observation.sensors:
            sensor = self.sensors.get(observed.serial_number)
            if sensor is None:
                sensor = self.open_sensor(self.new_sensor(observed.serial_number, now.epoch))
            self.send(sensor, SensorObserved(observed, live, now))

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
