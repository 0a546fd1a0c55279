"""A sensor as it is answered (rows D3, D4)."""

from pydantic import Field, computed_field

from .devices import DeviceView
from .readings import ChannelView, ReadingView
from .times import Time


class SensorView(DeviceView):
    """A sensor's live state, with the names that older clients know its readings and extremes by."""

    datalogger_id: int | None
    sensor_type: str
    unit_of_measure: str
    last_seen_at: Time | None
    total_messages: int
    total_readings: int
    consecutive_misses: int
    readings: list[ReadingView] = Field(description="the rolling ones, newest first")
    channels: dict[str, ChannelView] = Field(description="the extremes of each channel")

    @computed_field(description="when the newest reading came")
    def last_reading(self) -> Time | None:
        return self.readings[0].received_at if self.readings else None

    @computed_field
    def last_timestamp_1(self) -> Time | None:
        return self.nth_time(0)

    @computed_field
    def last_timestamp_2(self) -> Time | None:
        return self.nth_time(1)

    @computed_field
    def last_timestamp_3(self) -> Time | None:
        return self.nth_time(2)

    @computed_field
    def last_data_1(self) -> dict[str, float] | None:
        return self.nth_channels(0)

    @computed_field
    def last_data_2(self) -> dict[str, float] | None:
        return self.nth_channels(1)

    @computed_field
    def last_data_3(self) -> dict[str, float] | None:
        return self.nth_channels(2)

    @computed_field(description="over all channels")
    def min_value_ever(self) -> float | None:
        return self.lowest.min if self.lowest else None

    @computed_field
    def min_recorded_at(self) -> Time | None:
        return self.lowest.min_at if self.lowest else None

    @computed_field(description="over all channels")
    def max_value_ever(self) -> float | None:
        return self.highest.max if self.highest else None

    @computed_field
    def max_recorded_at(self) -> Time | None:
        return self.highest.max_at if self.highest else None

    @property
    def lowest(self) -> ChannelView | None:
        return min(self.channels.values(), key=lambda channel: channel.min, default=None)

    @property
    def highest(self) -> ChannelView | None:
        return max(self.channels.values(), key=lambda channel: channel.max, default=None)

    def nth_time(self, index: int) -> Time | None:
        """Return what the device's clock said of its newest, second and third reading; ours where it said nothing."""
        if index >= len(self.readings):
            return None
        return self.readings[index].device_time or self.readings[index].received_at

    def nth_channels(self, index: int) -> dict[str, float] | None:
        return self.readings[index].channels if index < len(self.readings) else None
