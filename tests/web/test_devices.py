"""Gateways, dataloggers and sensors, as the spec's tables and older clients have them."""

from typing import Any

import pytest
from servers.process import wait_until

from .installation import DEADLINE, Installation

D1 = (
    "serial_number label hostname ip_address firmware_version cpu_usage_percent memory_usage_percent"
    " disk_usage_percent uptime_seconds is_online availability last_heartbeat last_communication raw_metadata"
)
D2 = (
    "serial_number label datalogger_type instance_number firmware_version ip_address is_online availability acquisition"
    " last_heartbeat last_communication total_heartbeats missed_heartbeats uptime_percentage last_downtime_start"
    " raw_metadata"
)
D3 = (
    "serial_number label sensor_type unit_of_measure is_online availability last_reading total_messages total_readings"
    " first_seen_at last_seen_at uptime_percentage consecutive_misses"
)
OLDER = {
    "gateways": "name",
    "dataloggers": "name model",
    "sensors": "name last_timestamp_1 last_timestamp_2 last_timestamp_3 last_data_1 last_data_2 last_data_3"
    " min_value_ever max_value_ever min_recorded_at max_recorded_at",
}


def sensor(installation: Installation, serial: str = "MNA00542") -> Any:
    return installation.first("monitoring/sensors/", search=serial)


@pytest.mark.parametrize(("kind", "fields"), [("gateways", D1), ("dataloggers", D2), ("sensors", D3)])
def test_a_device_has_the_fields_of_the_spec_and_those_of_older_clients(
    installation: Installation, kind: str, fields: str
) -> None:
    device = installation.first(f"monitoring/{kind}/")
    assert {*fields.split(), *OLDER[kind].split(), "id", "site_id", "coverage_seconds"} <= device.keys()
    assert device["site_id"] == installation.ids["north"]
    assert installation.get(f"monitoring/{kind}/{device['id']}/").keys() == device.keys()


def test_a_device_that_was_just_heard_is_online(installation: Installation) -> None:
    found = sensor(installation)
    assert found["availability"] == "online"
    assert found["is_online"] is True


def test_without_a_label_a_device_goes_by_its_serial(installation: Installation) -> None:
    found = sensor(installation)
    assert found["label"] == found["name"] == found["serial_number"] == "MNA00542"


def test_older_names_say_the_same_as_the_new_ones(installation: Installation) -> None:
    [datalogger] = installation.get("monitoring/dataloggers/", params={"search": "monstro"})["results"]
    assert datalogger["model"] == datalogger["datalogger_type"] == "monstro"
    found = sensor(installation)
    assert found["last_data_1"] == found["readings"][0]["channels"] == {"acc00": -0.25, "acc02": 1.0}
    assert found["last_timestamp_1"] == "2025-10-14T13:57:16.288000Z"
    assert found["last_reading"] == found["readings"][0]["received_at"]


def test_extremes_are_per_channel_and_for_older_clients_over_all(installation: Installation) -> None:
    found = sensor(installation, "MAS8AT00")
    assert found["channels"]["acc00"].items() >= {"count": 1, "mean": -0.25, "min": -0.25, "max": -0.25}.items()
    assert (found["min_value_ever"], found["max_value_ever"]) == (-0.25, 1.0)
    assert found["min_recorded_at"] == found["channels"]["acc00"]["min_at"]
    assert found["max_recorded_at"] == found["channels"]["acc02"]["max_at"]


def test_readings_are_a_list_of_their_own_too(installation: Installation) -> None:
    found = sensor(installation)
    readings = installation.get(f"monitoring/sensors/{found['id']}/readings/")
    assert readings["count"] == 1
    assert readings["results"] == found["readings"]


def test_the_sensors_of_a_datalogger_are_a_list(installation: Installation) -> None:
    [datalogger] = installation.get("monitoring/dataloggers/", params={"search": "monstro"})["results"]
    path = f"monitoring/sensors/by-datalogger/{datalogger['id']}/"
    behind = installation.get(path, params={"ordering": "-serial_number"})
    assert [found["serial_number"] for found in behind["results"]] == ["MOM00002", "MNA00542"]
    assert installation.get("monitoring/sensors/", params={"datalogger_id": datalogger["id"]})["count"] == 2


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({"availability": "online"}, 3),
        ({"availability": "offline"}, 0),
        ({"is_online": "true"}, 3),
        ({"is_online": "false"}, 0),
        ({"search": "mom"}, 1),
        ({"search": "nothing like it"}, 0),
        ({"deleted": "true"}, 0),
        ({"site_id": 987654}, 0),
    ],
)
def test_lists_are_filtered(installation: Installation, filters: dict[str, object], count: int) -> None:
    assert installation.get("monitoring/sensors/", params=filters)["count"] == count


def change(installation: Installation, method: str, path: str, body: object = None, user: str = "operator") -> Any:
    options = {} if body is None else {"json": body}
    return installation.ask(method, path, user, **options)


@pytest.mark.parametrize("kind", ["dataloggers", "sensors"])
def test_a_label_is_shown_at_once_and_null_takes_it_back(installation: Installation, kind: str) -> None:
    device = installation.first(f"monitoring/{kind}/")
    path = f"monitoring/{kind}/{device['id']}/"
    answer = change(installation, "PUT", f"{path}label/", {"label": "Pila 3 <b>"})
    assert (answer.status_code, answer.json["label"]) == (200, "Pila 3 <b>")
    assert wait_until(lambda: installation.get(path)["label"] == "Pila 3 <b>", DEADLINE)
    assert installation.get(f"monitoring/{kind}/", params={"search": "PILA"})["count"] == 1

    assert change(installation, "PUT", f"{path}label/", {"label": None}).json["label"] == device["serial_number"]
    assert wait_until(lambda: installation.get(path)["label"] == device["serial_number"], DEADLINE)


def test_a_deleted_sensor_is_gone_until_it_is_restored(installation: Installation) -> None:
    id = sensor(installation)["id"]
    path = f"monitoring/sensors/{id}/"
    assert change(installation, "DELETE", path).status_code == 204
    assert wait_until(lambda: installation.ask("GET", path).status_code == 404, DEADLINE)
    assert installation.get("monitoring/sensors/")["count"] == 2
    assert [gone["id"] for gone in installation.get("monitoring/sensors/", params={"deleted": "true"})["results"]] == [
        id
    ]
    for method, part in (("GET", "readings/"), ("PUT", "label/"), ("DELETE", "")):
        assert change(installation, method, path + part, {"label": "x"}).status_code == 404

    assert change(installation, "POST", f"{path}restore/").json["is_deleted"] is False
    assert wait_until(lambda: installation.ask("GET", path).status_code == 200, DEADLINE)
    assert change(installation, "POST", f"{path}restore/").status_code == 200


def test_a_deleted_datalogger_takes_its_sensors_along(installation: Installation) -> None:
    behind = sensor(installation, "MAS8AT00")
    datalogger = f"monitoring/dataloggers/{behind['datalogger_id']}/"
    path = f"monitoring/sensors/{behind['id']}/"
    assert change(installation, "DELETE", datalogger).status_code == 204
    assert wait_until(lambda: installation.ask("GET", path).status_code == 404, DEADLINE)
    assert installation.get("monitoring/sensors/")["count"] == 2
    counted = installation.status("north")["devices"]
    assert (counted["dataloggers"], counted["sensors"]) == (1, 2)
    by_datalogger = f"monitoring/sensors/by-datalogger/{behind['datalogger_id']}/"
    assert installation.ask("GET", by_datalogger).status_code == 404
    refused = change(installation, "POST", f"{path}restore/")
    assert refused.status_code == 409
    assert "datalogger" in refused.json["error"]["message"]

    assert change(installation, "POST", f"{datalogger}restore/").status_code == 200
    assert wait_until(lambda: installation.ask("GET", path).status_code == 200, DEADLINE)


def test_what_people_decided_is_in_the_database(installation: Installation) -> None:
    id = sensor(installation)["id"]
    assert change(installation, "PUT", f"monitoring/sensors/{id}/label/", {"label": "Kept"}).status_code == 200
    stored = installation.store.memory(installation.ids["north"]).sensors
    assert [record.label for record in stored if record.id == id] == ["Kept"]
    assert change(installation, "PUT", f"monitoring/sensors/{id}/label/", {"label": None}).status_code == 200
