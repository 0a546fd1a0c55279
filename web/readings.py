"""What a sensor has measured: its newest readings and the extremes of each channel."""

from pydantic import BaseModel, ConfigDict

from .paging import Page
from .times import Time


class ReadingView(BaseModel):
    """The channels of a sensor at one time; `device_time` is what the device's clock said."""

    model_config = ConfigDict(from_attributes=True)

    device_time: Time | None
    received_at: Time
    channels: dict[str, float]


class ReadingPage(Page[ReadingView]):
    """Readings, newest first."""


class ChannelView(BaseModel):
    """The extremes of one channel since the sensor was discovered."""

    model_config = ConfigDict(from_attributes=True)

    count: int
    mean: float
    min: float
    max: float
    min_at: Time
    max_at: Time
