"""A site's gateways, as they matter to what is behind them (row E4).

That one goes offline is one event, with how many devices are behind it, and not one for each of them.
"""

from ..store.records import Availability, DeviceEventRecord, GatewayRecord
from .availability import GatewaySilence
from .device_events import GatewayChecked

OFFLINE_EVENT = "gateway_offline"
ONLINE_EVENT = "gateway_online"

# Two clocks, read one after the other, agree to this (seconds).
CLOCKS_AGREE_TO = 1.0


class GatewayWatch:
    """What the gateways of one site last said of themselves."""

    def __init__(self) -> None:
        self.checked: dict[str, GatewayChecked] = {}
        self.told: set[str] = set()  # slots of those whose loss was told

    def remember(self, record: GatewayRecord) -> None:
        """Take a gateway that was known before a restart: its recovery is told if its loss was."""
        if is_lost(record):
            self.told.add(record.slot)

    def take(self, checked: GatewayChecked, devices: int, now: float) -> DeviceEventRecord | None:
        """Take what a gateway says; give the event to tell of it. `devices` are behind it, `now` is epoch seconds."""
        record = checked.record
        if checked.silent_since is None:
            self.checked.pop(record.slot, None)
        else:
            self.checked[record.slot] = checked
        if record.availability is Availability.OFFLINE and record.slot not in self.told:
            self.told.add(record.slot)
            return DeviceEventRecord(record.site_id, now, OFFLINE_EVENT, record.slot, self.loss(devices))
        if record.availability is Availability.ONLINE and record.slot in self.told:
            self.told.discard(record.slot)
            return DeviceEventRecord(record.site_id, now, ONLINE_EVENT, record.slot, "the gateway is heard again")
        return None

    def loss(self, devices: int) -> str:
        silence = self.silence()
        if silence is None or not silence.is_offline:
            return "the gateway is offline; another one of its site is not, and its devices are judged as before"
        return f"the gateway is offline; {devices} devices behind it are unknown while they are silent too"

    def silence(self) -> GatewaySilence | None:
        """Give the silence of the one that was heard last; None where no gateway can be judged."""
        if not self.checked:
            return None
        last = max(self.checked.values(), key=lambda checked: checked.silent_since or 0.0)
        assert last.silent_since is not None
        are_offline = all(checked.record.availability is Availability.OFFLINE for checked in self.checked.values())
        return GatewaySilence(last.silent_since, last.interval, are_offline)


def is_lost(record: GatewayRecord) -> bool:
    """Whether a gateway went offline and has not been heard since."""
    if record.last_downtime_start is None:
        return False
    return (record.last_heartbeat or 0.0) <= record.last_downtime_start + CLOCKS_AGREE_TO
