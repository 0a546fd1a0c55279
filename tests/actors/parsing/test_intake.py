"""The way of a message, with the rubbish that fields and attackers send."""

import json
from collections.abc import Callable
from datetime import UTC
from typing import Any

import pytest
from pydantic import BaseModel
from sitewarden.actors.parsing.document import Limits
from sitewarden.actors.parsing.faults import LONGEST_EXCEPTION, FieldInvalid, MessageInvalid
from sitewarden.actors.parsing.intake import read
from sitewarden.actors.parsing.observations import DataloggerObservation, GatewayObservation, SensorObservation
from sitewarden.actors.parsing.parser import Context, Parser
from sitewarden.actors.parsing.registry import Registry, Route

CONTEXT = Context(UTC, 1760450236.0, "sito_001")
NOT_FINITE = "payload: a number is NaN, infinite or too large"
CONTROL = "payload: a text has a control character"
TOO_DEEP = "payload: nested deeper than 16"


def nested(depth: int) -> bytes:
    """An object that holds lists: `depth` containers in all."""
    return b'{"x":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


# (payload, error type, message); reliability notes 2.5 and fault 20
RUBBISH = [
    (b"", "PARSE_ERROR", "payload: empty"),
    (b" \n", "PARSE_ERROR", "payload: empty"),
    (b"\xff\xfe\x00", "PARSE_ERROR", "payload: not UTF-8"),
    (b'{"x":"\xc3\x28"}', "PARSE_ERROR", "payload: not UTF-8"),
    ("{}".encode("utf-16"), "PARSE_ERROR", "payload: not UTF-8"),
    (b"\xef\xbb\xbf{}", "PARSE_ERROR", "payload: not JSON"),
    (b"not json", "PARSE_ERROR", "payload: not JSON"),
    (b'{"x":1,}', "PARSE_ERROR", "payload: not JSON"),
    (b"{} {}", "PARSE_ERROR", "payload: not JSON"),
    (b"{'x':1}", "PARSE_ERROR", "payload: not JSON"),
    (b'{"x":"\\ud800"}', "PARSE_ERROR", "payload: not JSON"),
    (b'{"x":"\n"}', "PARSE_ERROR", "payload: not JSON"),
    (b"NaN", "VALIDATION_ERROR", NOT_FINITE),
    (b'{"x":NaN}', "VALIDATION_ERROR", NOT_FINITE),
    (b'{"x":[{"y":-Infinity}]}', "VALIDATION_ERROR", NOT_FINITE),
    (b"1e999", "VALIDATION_ERROR", NOT_FINITE),
    (b'{"x":1e999}', "VALIDATION_ERROR", NOT_FINITE),
    (b'{"x":[0,{"y":-1E+999}]}', "VALIDATION_ERROR", NOT_FINITE),
    (b'{"x":' + b"9" * 5000 + b"}", "VALIDATION_ERROR", NOT_FINITE),
    (b'{"x":' + b"9" * 5000 + b".0}", "VALIDATION_ERROR", NOT_FINITE),
    (b'{"firmware_version":1e999}', "VALIDATION_ERROR", NOT_FINITE),
    (nested(17), "VALIDATION_ERROR", TOO_DEEP),
    (nested(150), "VALIDATION_ERROR", TOO_DEEP),
    (nested(50_000), "VALIDATION_ERROR", TOO_DEEP),
    (b"[" * 100_000, "VALIDATION_ERROR", TOO_DEEP),
    (b'{"x":[' + b"0," * 2000 + b"0]}", "VALIDATION_ERROR", "payload: a list is longer than 2000"),
    (b'{"x":"' + b"a" * 262_144 + b'"}', "VALIDATION_ERROR", "payload: larger than 262144 bytes"),
    (b"[" * 10_000_000, "VALIDATION_ERROR", "payload: larger than 262144 bytes"),
    (b'{"x":"\\u0000"}', "VALIDATION_ERROR", CONTROL),
    (b'{"x":"a\\nb"}', "VALIDATION_ERROR", CONTROL),
    (b'{"a\\u001b[31m":1}', "VALIDATION_ERROR", CONTROL),
    (b'{"x":[["\x7f"]]}', "VALIDATION_ERROR", CONTROL),
    ('{"x":"\x9b31m"}'.encode(), "VALIDATION_ERROR", CONTROL),
    (b'"\\u0000"', "VALIDATION_ERROR", CONTROL),
    (b"[]", "VALIDATION_ERROR", "payload: not an object"),
    (b"null", "VALIDATION_ERROR", "payload: not an object"),
    (b"true", "VALIDATION_ERROR", "payload: not an object"),
    (b'"text"', "VALIDATION_ERROR", "payload: not an object"),
    (b"12", "VALIDATION_ERROR", "payload: not an object"),
    (b'{"heart_beat":"sito_002"}', "VALIDATION_ERROR", "heart_beat: does not name this site"),
    (b'{"heart_beat":"SITO_001"}', "VALIDATION_ERROR", "heart_beat: does not name this site"),
    (b'{"heart_beat":["sito_001"]}', "VALIDATION_ERROR", "heart_beat: does not name this site"),
    (b'{"heart_beat":""}', "VALIDATION_ERROR", "heart_beat: does not name this site"),
    (b'{"site_id":1}', "VALIDATION_ERROR", "site_id: does not name this site"),
]


@pytest.mark.parametrize("topic", ["datalogger/monstro/1/heartbeat", "gateway/heartbeat"])
@pytest.mark.parametrize(("payload", "error_type", "message"), RUBBISH)
def test_rubbish_is_refused_in_words_that_fold(
    registry: Registry, topic: str, payload: bytes, error_type: str, message: str
) -> None:
    route = registry.route(topic)
    assert isinstance(route, Route)
    with pytest.raises(MessageInvalid) as caught:
        read(route, payload, CONTEXT, Limits())
    assert (caught.value.error_type, caught.value.message) == (error_type, message)
    assert len(caught.value.exception) <= LONGEST_EXCEPTION


@pytest.mark.parametrize(
    ("payload", "metadata"),
    [
        (b'{"x":1,"x":2}', {"x": 2}),
        ('{"città":"è \u00b0C"}'.encode(), {"città": "è °C"}),
        (b'{"x":"\\u00e8 \\"quoted\\" \\/"}', {"x": 'è "quoted" /'}),
        (b'{"x":1e308,"y":-0.0,"z":12345678901234567890}', {"x": 1e308, "y": -0.0, "z": 12345678901234567890}),
        (b'{"heart_beat":"sito_001","site_id":null}', {"site_id": None}),
    ],
)
def test_odd_but_sound_json_is_taken(
    read_on: Callable[[str, bytes], GatewayObservation], payload: bytes, metadata: dict[str, Any]
) -> None:
    assert read_on("gateway/heartbeat", payload).metadata == metadata


@pytest.mark.parametrize("count", [1, 2000])
def test_what_is_just_within_the_limits_is_taken(
    read_on: Callable[[str, bytes], DataloggerObservation], count: int
) -> None:
    sensors = [{"device_name": f"S{n}", **{f"last_{c}": c for c in range(2)}} for n in range(count)]
    payload = json.dumps({"sensors_last_data": sensors}).encode()
    assert len(read_on("datalogger/adaq/1/heartbeat", payload).sensors) == count
    assert read_on("datalogger/adaq/1/heartbeat", nested(16)).metadata


def test_metadata_is_cut_to_whole_keys_within_its_limit(read_on: Callable[[str, bytes], GatewayObservation]) -> None:
    payload = json.dumps({"first": 1, "second": "x" * 9000, "third": 3}).encode()
    assert read_on("gateway/heartbeat", payload).metadata == {"first": 1, "metadata_left_out": 2}


class Weather(BaseModel):
    """A stranger's model: it has a field of its own for what the sender names."""

    stations: dict[str, float]


def refusal(observe: Any, payload: bytes = b'{"stations":{"a":1}}') -> MessageInvalid:
    """Read a message with a stranger's parser, and give how it is refused."""
    route = Registry([Parser("weather", ("weather",), Weather, observe)]).route("weather")
    assert isinstance(route, Route)
    with pytest.raises(MessageInvalid) as caught:
        read(route, payload, CONTEXT, Limits())
    return caught.value


def datalogger(*sensors: SensorObservation, **fields: Any) -> Callable[..., tuple[DataloggerObservation]]:
    return lambda *_: (DataloggerObservation("serial:W-1", sensors=sensors, **fields),)


def recurse(*arguments: Any) -> Any:
    return recurse(*arguments)


@pytest.mark.parametrize(
    ("observe", "failure"),
    [
        (lambda *_: 1 / 0, "ZeroDivisionError"),
        (lambda *_: int("x"), "ValueError"),
        (lambda *_: None, "TypeError"),
        (lambda *_: ("text",), "TypeError"),
        (datalogger(SensorObservation("A", None, {"a": "text"})), "TypeError"),  # type: ignore[dict-item]
        (recurse, "RecursionError"),
    ],
)
def test_a_strangers_parser_that_fails_is_told_with_its_trace(observe: Any, failure: str) -> None:
    fault = refusal(observe)
    assert (fault.error_type, fault.message) == ("UNKNOWN_ERROR", f"the parser weather failed with {failure}")
    assert failure in fault.exception.splitlines()[-1]


@pytest.mark.parametrize(
    ("observe", "message"),
    [
        (datalogger(SensorObservation("a b", None, {})), "sensor serial_number: not 1 to 100 of A-Z a-z 0-9 . _ : -"),
        (datalogger(SensorObservation("A", -1.0, {})), "device time: before 1970-01-01 or after the year 2200"),
        (datalogger(SensorObservation("A", float("nan"), {})), "device time: before 1970-01-01 or after the year 2200"),
        (datalogger(SensorObservation("A", None, {"a": float("nan")})), f"sensor channels: {NOT_FINITE[9:]}"),
        (
            datalogger(SensorObservation("A", None, {"a": 1.0}, "x" * 256)),
            "payload: a text is longer than 255 characters",
        ),
        (datalogger(interval_seconds=float("inf")), NOT_FINITE),
        (datalogger(serial_number=""), "serial_number: not 1 to 100 of A-Z a-z 0-9 . _ : -"),
        (lambda *_: (GatewayObservation("gateway/1", cpu_usage_percent=float("inf")),), NOT_FINITE),
    ],
)
def test_a_strangers_parser_is_held_to_what_may_be_stored(observe: Any, message: str) -> None:
    fault = refusal(observe)
    assert (fault.error_type, fault.message) == ("VALIDATION_ERROR", message)


def test_finite_numbers_whose_sum_is_not_are_taken() -> None:
    observe = datalogger(SensorObservation("A", None, {"a": 1.7e308, "b": 1.7e308}))
    route = Registry([Parser("weather", ("weather",), Weather, observe)]).route("weather")
    assert isinstance(route, Route)
    assert read(route, b'{"stations":{}}', CONTEXT, Limits()) == observe()


def test_keys_that_the_sender_made_up_are_not_in_the_message() -> None:
    assert refusal(datalogger(), b'{"stations":{"made-up":"x"}}').message.startswith("stations.*: ")


def test_a_fault_that_a_parser_names_is_told_as_it_says() -> None:
    def observe(*_: Any) -> Any:
        raise FieldInvalid("stations.*", "upside down")

    fault = refusal(observe)
    assert (fault.error_type, fault.message) == ("VALIDATION_ERROR", "stations.*: upside down")
