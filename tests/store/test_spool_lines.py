"""A batch is the same after it was kept as text, whatever is in it."""

import math
from collections.abc import Iterator
from itertools import chain
from types import MappingProxyType
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sitewarden.store.records import (
    Availability,
    Batch,
    ChannelStats,
    ConnectionLogRecord,
    ConnectionState,
    DataloggerRecord,
    DeliveryRecord,
    DeviceEventRecord,
    DeviceRecord,
    DiscoveredTopicRecord,
    ErrorType,
    GapRecord,
    GatewayRecord,
    ParsingLogRecord,
    Reading,
    SensorRecord,
    Status,
)
from sitewarden.store.spool_lines import KINDS, Damaged, batch_of, lines_of

# Not NaN, which is not equal to itself; a test of its own has it.
number = st.floats(allow_nan=False)
moment = st.none() | number
# With lone surrogates: JSON payloads may hold them.
text = st.text(st.characters(exclude_categories=()), max_size=20)
integer = st.integers(-(2**70), 2**70)
json_value = st.recursive(
    st.none() | st.booleans() | integer | number | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=5,
)
readings = st.lists(st.builds(Reading, moment, number, st.dictionaries(text, number, max_size=3)), max_size=3).map(
    tuple
)
channels = st.dictionaries(text, st.builds(ChannelStats, integer, *[number] * 5), max_size=3)
mark = st.tuples(st.integers(0, 2**16 - 1), st.integers(0, 2**32 - 1))

BY_TYPE = {int: integer, float: number, str: text, bool: st.booleans()}
BY_NAME = {
    "readings": readings,
    "channels": channels,
    "marks": st.lists(mark, max_size=5).map(tuple),
    "raw_metadata": st.dictionaries(text, json_value, max_size=3),
}


def records(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Make records of a kind with every field filled by its type."""

    def values(name: str, hint: Any) -> st.SearchStrategy[Any]:
        if name in BY_NAME:
            return BY_NAME[name]
        choices = [given for given in get_args(hint) if given is not type(None)] or [hint]
        known = [BY_TYPE[choice] if choice in BY_TYPE else st.sampled_from(choice) for choice in choices]
        return st.one_of(st.none(), *known) if type(None) in get_args(hint) else st.one_of(*known)

    return st.builds(kind, **{name: values(name, hint) for name, hint in get_type_hints(kind).items()})


def some(*kinds: type[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    lists = st.tuples(*(st.lists(records(kind), max_size=2) for kind in kinds))
    return lists.map(lambda found: tuple(chain.from_iterable(found)))


batches = st.builds(
    Batch,
    devices=some(*get_args(DeviceRecord)),
    topics=some(DiscoveredTopicRecord),
    states=some(ConnectionState),
    connection_logs=some(ConnectionLogRecord),
    parsing_logs=some(ParsingLogRecord),
    events=some(DeviceEventRecord),
    deliveries=some(DeliveryRecord),
    gaps=some(GapRecord),
    spool_number=st.integers(0, 2**62),
)


def types_in(value: Any) -> Iterator[type[Any]]:
    """Yield the type of a value and of all that is in it: a tuple equals a named one, a text a member of an enum."""
    yield type(value)
    if isinstance(value, tuple | list):
        for item in value:
            yield from types_in(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from types_in(item)


@given(batches)
def test_every_batch_comes_back_exactly(batch: Batch) -> None:
    again = batch_of([*lines_of(batch)])

    assert again == batch
    assert list(types_in(again)) == list(types_in(batch))


def test_every_kind_of_record_that_a_batch_holds_is_known() -> None:
    held = {
        record for hint in get_type_hints(Batch).values() for record in get_args(hint) if hasattr(record, "_fields")
    }
    held |= set(get_args(DeviceRecord))

    assert set(KINDS) == {record.__name__ for record in held}
    assert {kind.field for kind in KINDS.values()} == set(Batch._fields) - {"spool_number"}


def test_numbers_that_are_none_come_back_too() -> None:
    probe = SensorRecord(1, "monstro/1", "S", readings=(Reading(math.nan, 1.0, {"a": math.inf, "b": -math.inf}),))

    [again] = batch_of(lines_of(Batch(devices=(probe,)))).devices

    assert isinstance(again, SensorRecord)
    assert math.isnan(again.readings[0].device_time or 0.0)
    assert again.readings[0].channels == {"a": math.inf, "b": -math.inf}


def test_a_mapping_that_is_no_dict_is_kept_as_one() -> None:
    gateway = GatewayRecord(1, "gateway/1", "GW", raw_metadata=MappingProxyType({"à": MappingProxyType({})}))

    [again] = batch_of(lines_of(Batch(devices=(gateway,)))).devices

    assert again == gateway._replace(raw_metadata={"à": {}})


def test_a_record_of_an_earlier_version_that_lacks_a_field_is_read() -> None:
    logger = DataloggerRecord(1, "monstro/1", "DL-1", availability=Availability.ONLINE)
    header, line = lines_of(Batch(devices=(logger,)))

    assert batch_of([header, line.replace('"availability_cause":"",', "")]) == Batch(devices=(logger,))


STATE = ConnectionState(1, Status.CONNECTED)
FAULT = ParsingLogRecord(1, "t", "p", ErrorType.PARSE, "m", "s", "e", 1.0, 2.0)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: [],
        lambda lines: lines[1:],
        lambda lines: lines[:-1],
        lambda lines: [*lines, lines[-1]],
        lambda lines: [*lines[:-1], lines[-1][:-10]],
        lambda lines: [*lines[:-1], '["NoRecord",{}]\n'],
        lambda lines: [*lines[:-1], '["GapRecord",{"site_id":"x"}]\n'],
        lambda lines: [*lines[:-1], '["GapRecord"]\n'],
        lambda lines: [*lines[:-1], "7\n"],
        lambda lines: [*lines[:-1], "[" * 100_000],
        lambda _: ["\x00" * 100],
    ],
)
def test_lines_that_hold_no_whole_batch_are_told(spoil: Any) -> None:
    with pytest.raises(Damaged):
        batch_of(spoil([*lines_of(Batch(states=(STATE,), parsing_logs=(FAULT,)))]))
