"""How a structure breathes: what its resting sensors read at a given time.

A bridge or a dam at rest still moves: it warms up by day and cools down at night, and leans a few hundredths of a
degree with it; wind and traffic sway it over minutes. An accelerometer on it reads gravity, 1 g on z less what its
tilt turns into x and y, and a few mg of noise. The model is a pure function of time and a source of noise.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

DAY_SECONDS = 86_400.0

# Air temperature peaks in mid-afternoon; thick concrete follows it some hours later.
PEAK_OF_DAY = 15 / 24
LARGEST_LAG = 5 / 24

# Degrees. Mounting tilt is what the installer's level left over; the rest is what field records show.
LARGEST_MOUNTING_TILT = 0.4
DAILY_TILT = 0.06
SWAY_TILT = 0.015
SWAY_SECONDS = (180.0, 540.0)

# g, degrees, degrees per second, gauss: standard deviation of MEMS sensors at low rates.
ACCELERATION_NOISE = 0.0015
TILT_NOISE = 0.002
GYRO_NOISE = 0.08
MAGNETIC_NOISE = 0.004

# The zero of a MEMS gyroscope is off by some tenths of a degree per second.
LARGEST_GYRO_BIAS = 0.7
# The earth's field and the steel about it, by axis.
LARGEST_FIELD = 2.0

# mA on a 4 to 20 mA loop: a crack gauge somewhere in its range, moving with the day.
GAUGE_RANGE = (6.0, 14.0)
GAUGE_DAILY = 0.35
GAUGE_NOISE = 0.004

Noise = Callable[[float], float]  # a standard deviation to a sample


@dataclass(frozen=True)
class Accelerometer:
    """A tri-axial accelerometer with inclinometer, and with magnetometer and gyroscope if it has `field`.

    Channels are those of the field's P1 heartbeat: `acc00..02` in g, `incli_x`, `incli_y` in degrees, `mag_*` in
    gauss, `gyro_*` in degrees per second. A day lasts `day_seconds`, so that a demonstration need not.
    """

    mounting: tuple[float, float]
    lean: tuple[float, float]
    sway_seconds: float
    lag: float
    sway_phase: float
    field: tuple[float, float, float] | None
    gyro_bias: tuple[float, float, float]
    day_seconds: float

    def read(self, at: float, noise: Noise) -> dict[str, float]:
        """The channels at `at` (epoch seconds)."""
        day = at / self.day_seconds
        warmth = math.cos(math.tau * (day - PEAK_OF_DAY - self.lag))
        sway = SWAY_TILT * math.sin(math.tau * (at / self.sway_seconds + self.sway_phase))
        x = self.mounting[0] + self.lean[0] * warmth + sway
        y = self.mounting[1] + self.lean[1] * warmth - sway / 2
        across, along = math.sin(math.radians(x)), math.sin(math.radians(y))
        upright = math.sqrt(1 - across**2 - along**2)
        channels = {
            "acc00": across + noise(ACCELERATION_NOISE),
            "acc01": along + noise(ACCELERATION_NOISE),
            "acc02": upright + noise(ACCELERATION_NOISE),
            "incli_x": x + noise(TILT_NOISE),
            "incli_y": y + noise(TILT_NOISE),
        }
        if self.field:
            for axis, strength, bias in zip("xyz", self.field, self.gyro_bias, strict=True):
                channels[f"mag_{axis}"] = strength + noise(MAGNETIC_NOISE)
                channels[f"gyro_{axis}"] = bias + noise(GYRO_NOISE)
        return channels


@dataclass(frozen=True)
class CrackGauge:
    """A displacement gauge on a 4 to 20 mA loop, channel `ch1`: the crack opens in the cold and closes in the sun."""

    rest: float
    lag: float
    day_seconds: float

    def read(self, at: float, noise: Noise) -> dict[str, float]:
        """The channel at `at` (epoch seconds)."""
        warmth = math.cos(math.tau * (at / self.day_seconds - PEAK_OF_DAY - self.lag))
        return {"ch1": self.rest - GAUGE_DAILY * warmth + noise(GAUGE_NOISE)}


Instrument = Accelerometer | CrackGauge


def accelerometer(random: Random, has_field: bool, day_seconds: float = DAY_SECONDS) -> Accelerometer:
    """Mount one, a little out of level, somewhere on the structure."""

    def axes(largest: float) -> tuple[float, float, float]:
        return (random.uniform(-largest, largest), random.uniform(-largest, largest), random.uniform(-largest, largest))

    mounting, lean = axes(LARGEST_MOUNTING_TILT), axes(DAILY_TILT)
    return Accelerometer(
        mounting=mounting[:2],
        lean=lean[:2],
        sway_seconds=random.uniform(*SWAY_SECONDS),
        lag=random.uniform(0, LARGEST_LAG),
        sway_phase=random.random(),
        field=axes(LARGEST_FIELD) if has_field else None,
        gyro_bias=axes(LARGEST_GYRO_BIAS),
        day_seconds=day_seconds,
    )


def crack_gauge(random: Random, day_seconds: float = DAY_SECONDS) -> CrackGauge:
    """Fix one across a crack."""
    return CrackGauge(random.uniform(*GAUGE_RANGE), random.uniform(0, LARGEST_LAG), day_seconds)
