from math import isclose
from statistics import fmean

from hypothesis import given
from hypothesis import strategies as st
from sitewarden.actors.readings import is_duplicate, with_reading
from sitewarden.store.records import ChannelStats, Reading

values = st.floats(-1e6, 1e6)


def test_the_same_time_and_values_are_a_duplicate() -> None:
    known = (Reading(100.0, 1.0, {"acc00": 1.0}),)
    assert is_duplicate(Reading(100.0, 7.0, {"acc00": 1.0}), known)


def test_another_value_at_the_same_time_is_no_duplicate() -> None:
    assert not is_duplicate(Reading(100.0, 7.0, {"acc00": 1.1}), (Reading(100.0, 1.0, {"acc00": 1.0}),))


def test_equal_values_without_a_device_time_may_be_two_measurements() -> None:
    assert not is_duplicate(Reading(None, 7.0, {"acc00": 1.0}), (Reading(None, 1.0, {"acc00": 1.0}),))


def test_minimum_and_maximum_are_kept_for_each_channel_with_when_they_were() -> None:
    stats: dict[str, ChannelStats] = {}
    for at, (acc, tilt) in enumerate([(1.0, 30.0), (0.5, 10.0), (2.0, 20.0)], start=1):
        stats = with_reading(stats, Reading(None, float(at), {"acc02": acc, "incli_x": tilt}))
    assert stats["acc02"] == ChannelStats(3, 3.5 / 3, 0.5, 2.0, 2.0, 3.0)
    assert stats["incli_x"] == ChannelStats(3, 20.0, 10.0, 30.0, 2.0, 1.0)


def test_statistics_of_one_moment_are_not_changed_by_a_later_reading() -> None:
    before = with_reading({}, Reading(None, 1.0, {"a": 1.0}))
    with_reading(before, Reading(None, 2.0, {"a": 5.0}))
    assert before == {"a": ChannelStats(1, 1.0, 1.0, 1.0, 1.0, 1.0)}


@given(st.lists(values, min_size=1, max_size=50))
def test_statistics_agree_with_those_over_all_values(series: list[float]) -> None:
    stats: dict[str, ChannelStats] = {}
    for at, value in enumerate(series):
        stats = with_reading(stats, Reading(None, float(at), {"a": value}))
    one = stats["a"]
    assert (one.count, one.min, one.max) == (len(series), min(series), max(series))
    assert (series[int(one.min_at)], series[int(one.max_at)]) == (one.min, one.max)
    assert isclose(one.mean, fmean(series), rel_tol=1e-9, abs_tol=1e-6)
