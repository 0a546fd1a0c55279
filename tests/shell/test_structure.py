"""The simulated values are physical: gravity where it belongs, slow tilts, a day's drift."""

import itertools
import math
from random import Random

import pytest
from sitewarden.shell.structure import DAILY_TILT, DAY_SECONDS, SWAY_TILT, accelerometer, crack_gauge

NOON = 1_760_443_200.0  # 2025-10-14 12:00 UTC


def silence(deviation: float) -> float:
    """A perfect instrument."""
    return 0.0 * deviation


@pytest.mark.parametrize("seed", range(20))
def test_a_resting_accelerometer_reads_one_g_in_all_and_nearly_all_of_it_on_z(seed: int) -> None:
    random = Random(seed)
    sensor = accelerometer(random, has_field=False)
    for minute in range(0, 24 * 60, 10):
        channels = sensor.read(NOON + minute * 60, lambda deviation: random.gauss(0, deviation))
        x, y, z = channels["acc00"], channels["acc01"], channels["acc02"]
        assert abs(math.hypot(x, y, z) - 1) < 0.01
        assert abs(z - 1) < 0.01
        assert abs(x) < 0.02
        assert abs(y) < 0.02
        assert max(abs(channels["incli_x"]), abs(channels["incli_y"])) < 0.6


def test_the_accelerometer_and_the_inclinometer_tell_of_the_same_tilt() -> None:
    channels = accelerometer(Random(3), has_field=False).read(NOON, silence)
    assert math.degrees(math.asin(channels["acc00"])) == pytest.approx(channels["incli_x"])
    assert math.degrees(math.asin(channels["acc01"])) == pytest.approx(channels["incli_y"])


@pytest.mark.parametrize("seed", range(20))
def test_tilt_follows_the_day_and_comes_back(seed: int) -> None:
    sensor = accelerometer(Random(seed), has_field=False)
    hours = [sensor.read(NOON + hour * 3600, silence)["incli_x"] for hour in range(24)]
    assert max(hours) - min(hours) <= 2 * (DAILY_TILT + SWAY_TILT)
    next_day = [sensor.read(NOON + DAY_SECONDS + hour * 3600, silence)["incli_x"] for hour in range(24)]
    assert all(abs(a - b) <= 2 * SWAY_TILT for a, b in zip(hours, next_day, strict=True))
    assert abs(sensor.lean[0]) < 0.005 or max(hours) - min(hours) > abs(sensor.lean[0])


def test_tilt_is_slow_from_one_heartbeat_to_the_next() -> None:
    sensor = accelerometer(Random(5), has_field=False)
    tilts = [sensor.read(NOON + 5 * beat, silence)["incli_x"] for beat in range(200)]
    steps = [abs(b - a) for a, b in itertools.pairwise(tilts)]
    assert 0 < max(steps) < 0.005


def test_a_day_can_be_made_short_for_a_demonstration() -> None:
    short = accelerometer(Random(1), has_field=False, day_seconds=300.0)
    long = accelerometer(Random(1), has_field=False)
    five_minutes = [short.read(NOON + second, silence)["incli_x"] for second in range(0, 300, 10)]
    assert max(five_minutes) - min(five_minutes) > abs(long.lean[0])


def test_the_same_seed_gives_the_same_structure_and_another_one_another() -> None:
    assert accelerometer(Random(1), True) == accelerometer(Random(1), True)
    assert accelerometer(Random(1), True) != accelerometer(Random(2), True)


def test_only_a_sensor_with_a_field_has_magnetometer_and_gyroscope() -> None:
    with_field = accelerometer(Random(1), has_field=True).read(NOON, silence)
    assert {name for name in with_field if name.startswith(("mag", "gyro"))} == {
        f"{kind}_{axis}" for kind in ("mag", "gyro") for axis in "xyz"
    }
    assert not any(name.startswith(("mag", "gyro")) for name in accelerometer(Random(1), False).read(NOON, silence))


@pytest.mark.parametrize("seed", range(20))
def test_a_crack_gauge_stays_on_its_current_loop_and_closes_in_the_warmth(seed: int) -> None:
    gauge = crack_gauge(Random(seed))
    day = [gauge.read(NOON + hour * 3600, silence)["ch1"] for hour in range(24)]
    assert all(4 < value < 20 for value in day)
    closed_at = min(range(24), key=lambda hour: day[hour])  # hours after noon
    assert 2 <= closed_at <= 9
