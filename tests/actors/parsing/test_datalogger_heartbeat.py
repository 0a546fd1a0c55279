import json
from collections.abc import Callable
from typing import Any

import pytest
from sitewarden.actors.parsing.faults import MessageInvalid
from sitewarden.actors.parsing.observations import DataloggerObservation, SensorObservation

ReadOn = Callable[[str, bytes], DataloggerObservation]

TOPIC = "datalogger/monstro/1/heartbeat"
FIRST: dict[str, Any] = {
    "device_name": "MNA00542",
    "ts": "2025-10-14 13:57:16.288000",
    "last_acc00": 0.001188,
    "last_acc01": -0.005231,
    "last_acc02": 1.010827,
    "last_incli_x": -0.314565,
    "last_incli_y": -0.14058,
}
SECOND: dict[str, Any] = {"device_name": "MOM00002", "ts": "2025-10-14 13:57:16.375000", "last_mag_z": -1.99874}


def heartbeat(*sensors: dict[str, Any], **fields: Any) -> bytes:
    return json.dumps({"heart_beat": "sito_001", "sensors_last_data": sensors, **fields}).encode()


def test_a_heartbeat_gives_the_datalogger_and_the_readings_of_its_sensors(read_on: ReadOn) -> None:
    assert read_on(TOPIC, heartbeat(FIRST, SECOND)) == DataloggerObservation(
        slot="monstro/1",
        datalogger_type="monstro",
        instance_number=1,
        sensors=(
            SensorObservation(
                "MNA00542",
                1760450236.288,
                {"acc00": 0.001188, "acc01": -0.005231, "acc02": 1.010827, "incli_x": -0.314565, "incli_y": -0.14058},
            ),
            SensorObservation("MOM00002", 1760450236.375, {"mag_z": -1.99874}),
        ),
    )


def test_what_a_heartbeat_says_of_the_datalogger_itself_is_read(read_on: ReadOn) -> None:
    payload = heartbeat(
        serial_number="DL-001",
        firmware_version="v1.4.2",
        ip_address="10.0.0.7",
        message_interval_seconds="30",
        timestamp="2025-10-14T13:57:16Z",
    )
    assert read_on("datalogger/adaq/12/heartbeat", payload) == DataloggerObservation(
        slot="adaq/12",
        serial_number="DL-001",
        datalogger_type="adaq",
        instance_number=12,
        device_time=1760450236.0,
        interval_seconds=30.0,
        firmware_version="v1.4.2",
        ip_address="10.0.0.7",
    )


@pytest.mark.parametrize(
    "payload", [b"{}", b'{"sensors_last_data": []}', b'{"sensors_last_data": null, "serial_number": ""}']
)
def test_a_heartbeat_without_readings_is_a_heartbeat(read_on: ReadOn, payload: bytes) -> None:
    assert read_on(TOPIC, payload) == DataloggerObservation("monstro/1", None, "monstro", 1)


def test_both_spellings_of_a_type_are_one_datalogger(read_on: ReadOn) -> None:
    assert read_on("datalogger/monstr-o/1/heartbeat", heartbeat()) == read_on(TOPIC, heartbeat())


def test_versions_and_serials_that_came_as_numbers_are_kept_as_text(read_on: ReadOn) -> None:
    observation = read_on(TOPIC, heartbeat(serial_number=542, firmware_version=1.4))
    assert (observation.serial_number, observation.firmware_version) == ("542", "1.4")


def test_only_numbers_and_numerals_become_channels(read_on: ReadOn) -> None:
    sensor = {
        "device_name": "A",
        "last_number": 1,
        "last_numeral": "2.5",
        "last_missing": None,
        "last_text": "n/a",
        "last_flag": True,
        "last_list": [1.0],
        "battery": 3.6,
    }
    observation = read_on(TOPIC, heartbeat(sensor, os="linux"))
    assert observation.sensors == (SensorObservation("A", None, {"number": 1.0, "numeral": 2.5}),)
    assert observation.metadata == {
        "os": "linux",
        "sensors_last_data": {"A": {"last_text": "n/a", "last_flag": True, "last_list": [1.0], "battery": 3.6}},
    }


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({}, "sensors_last_data.*.device_name: Field required"),
        ({"device_name": True}, "sensors_last_data.*.device_name: Input should be a valid string"),
        ({"device_name": "<img>"}, "sensor serial_number: not 1 to 100 of A-Z a-z 0-9 . _ : -"),
        ({"device_name": "A" * 101}, "sensor serial_number: not 1 to 100 of A-Z a-z 0-9 . _ : -"),
        ({"device_name": "A", "ts": "yesterday"}, "sensors_last_data.*.ts: not a time"),
        ({"device_name": "A", "ts": -5}, "sensors_last_data.*.ts: before 1970-01-01"),
        ({"device_name": "A", "ts": True}, "sensors_last_data.*.ts: not a time"),
        ({"device_name": "A", "last_a": "1e999"}, "sensor channels: a number is NaN, infinite or too large"),
        ({"device_name": "A", "last_a": 10**400}, "sensor channels: a number is NaN, infinite or too large"),
        ({"device_name": "A", "last_": 1}, "sensor channels: a name is not 1 to 50 of A-Z a-z 0-9 . _ : -"),
        ({"device_name": "A", "last_<b>": 1}, "sensor channels: a name is not 1 to 50 of A-Z a-z 0-9 . _ : -"),
        ({"device_name": "A", "x" * 101: 1}, "sensors_last_data.*: a key is longer than 100 characters"),
        ({"device_name": "A", **{f"last_{n}": n for n in range(65)}}, "sensor channels: more than 64"),
    ],
)
def test_one_bad_sensor_refuses_the_whole_heartbeat(read_on: ReadOn, entry: dict[str, Any], message: str) -> None:
    with pytest.raises(MessageInvalid) as caught:
        read_on(TOPIC, heartbeat(FIRST, entry))
    assert (caught.value.error_type, caught.value.message) == ("VALIDATION_ERROR", message)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"serial_number": "a b"}, "serial_number: not 1 to 100 of A-Z a-z 0-9 . _ : -"),
        ({"timestamp": "soon"}, "timestamp: not a time"),
        (
            {"message_interval_seconds": 1e-300},
            "message_interval_seconds: Input should be greater than or equal to 0.1",
        ),
        ({"message_interval_seconds": 1e9}, "message_interval_seconds: Input should be less than or equal to 604800"),
        ({"firmware_version": "v" * 256}, "payload: a text is longer than 255 characters"),
        ({"sensors_last_data": {"A": {"unit": "g"}}}, "sensors_last_data: Input should be a valid list"),
        ({"sensors_last_data": [7]}, "sensors_last_data.*: not an object"),
    ],
)
def test_a_field_that_cannot_be_used_is_named(read_on: ReadOn, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(MessageInvalid) as caught:
        read_on(TOPIC, heartbeat(**fields))
    assert (caught.value.error_type, caught.value.message) == ("VALIDATION_ERROR", message)
