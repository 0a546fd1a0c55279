"""The live state of a sensor: its readings and its extremes (rows D3, D4, D7)."""

from typing import Any

from thespian.actors import ActorAddress

from ..store.records import Availability, Reading, SensorRecord
from .device import DeviceActor
from .device_events import OpenSensor, RollingChanged, SensorObserved
from .readings import is_duplicate, with_reading
from .record_events import OwnerStored


class SensorActor(DeviceActor[SensorRecord]):
    @property
    def name(self) -> str:
        return self.record.serial_number

    def receiveMessage(self, message: object, sender: ActorAddress) -> None:
        match message:
            case SensorObserved():
                self.observe(message)
            case RollingChanged(rolling_readings=count):
                self.rolling_readings = count
            case OwnerStored(id=id):
                self.change(self.record._replace(datalogger_id=id))
            case OpenSensor():
                self.rolling_readings = message.rolling_readings
                self.open(message.parts, message.record, message.link_up_since)
            case _:
                super().receiveMessage(message, sender)

    def observe(self, message: SensorObserved) -> None:
        """Take a message. Only a new reading that was sent now proves that the sensor is alive.

        A gateway that repeats the last values of a dead sensor sends the same device time over and over.
        """
        observation, live, now, _ = message
        record = self.record
        if record.is_deleted:
            return
        changes: dict[str, Any] = {"total_messages": record.total_messages + 1, "last_seen_at": now.epoch}
        reading = Reading(observation.device_time, now.epoch, observation.channels)
        if reading.channels and not is_duplicate(reading, record.readings):
            changes["readings"] = (reading, *record.readings[: self.rolling_readings - 1])
            changes["channels"] = with_reading(record.channels, reading)
            changes["total_readings"] = record.total_readings + 1
            if live:
                online, observed = self.liveness.hear(now.monotonic)
                changes["online_seconds"] = record.online_seconds + online
                changes["observed_seconds"] = record.observed_seconds + observed
                changes["availability"] = Availability.ONLINE
                changes["availability_cause"] = ""
                changes["consecutive_misses"] = 0
                if reading.device_time is not None:
                    changes["clock_skew_seconds"] = reading.device_time - now.epoch
        if observation.sensor_type:
            changes["sensor_type"] = observation.sensor_type
        if observation.unit_of_measure:
            changes["unit_of_measure"] = observation.unit_of_measure
        self.change(record._replace(**changes))

    def missed(self, count: int) -> dict[str, Any]:
        return {"consecutive_misses": self.record.consecutive_misses + count} if count else {}

    def went_down(self, at: float) -> dict[str, Any]:
        return {}
