"""A sensor's rolling readings and the extremes of its channels (rows D3, D4, D7)."""

from collections.abc import Mapping

from ..store.records import ChannelStats, Reading


def is_duplicate(reading: Reading, known: tuple[Reading, ...]) -> bool:
    """Whether this reading is one that we have: the same device time and the same values.

    A reading without a device time is new each time it comes: two equal values may be two measurements.
    """
    if reading.device_time is not None:
        for other in known:
            if reading.device_time == other.device_time and reading.channels == other.channels:
                return True
    return False


def with_reading(stats: Mapping[str, ChannelStats], reading: Reading) -> dict[str, ChannelStats]:
    """Give the statistics of each channel with one reading more.

    The mean is updated by Welford's step (Knuth, TAOCP 2, 4.2.2), which stays exact where a sum would lose digits.
    """
    at = reading.received_at
    new = tuple.__new__  # makes a ChannelStats in half the time that its own constructor takes
    after = dict(stats)
    for channel, value in reading.channels.items():
        known = stats.get(channel)
        if known is None:
            after[channel] = new(ChannelStats, (1, value, value, value, at, at))
            continue
        count, mean, low, high, low_at, high_at = known
        count += 1
        mean += (value - mean) / count
        if value < low:
            low, low_at = value, at
        elif value > high:
            high, high_at = value, at
        after[channel] = new(ChannelStats, (count, mean, low, high, low_at, high_at))
    return after
