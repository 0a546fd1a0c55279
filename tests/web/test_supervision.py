"""Statuses, and the commands beside them."""

from collections.abc import Iterator
from typing import Any

import pytest
from servers.process import wait_until
from sitewarden.store.records import Status
from sitewarden.web.statuses import LEGACY

from .installation import DEADLINE, Installation, site_draft

G3 = {
    *("site_id", "site_name", "status", "is_active", "broker_host", "broker_port", "topics_list", "mqtt_retry_count"),
    *("mqtt_next_retry", "last_connected_at", "last_message_at", "error_kind", "error_message"),
}


@pytest.fixture
def stopped_south(installation: Installation) -> Iterator[Installation]:
    """The installation, whose site south is stopped before and after."""
    yield installation
    installation.ask("POST", f"mqtt/sites/{installation.ids['south']}/stop/")
    assert wait_until(lambda: installation.status("south")["status"] == "disconnected", DEADLINE)


def command(installation: Installation, site: str, word: str, user: str = "admin") -> Any:
    return installation.ask("POST", f"mqtt/sites/{installation.ids[site]}/{word}/", user)


def test_a_status_has_the_names_of_the_spec(installation: Installation) -> None:
    status = installation.status("north")
    assert status.keys() >= G3
    assert (status["status"], status["is_active"]) == ("connected", True)
    assert (status["broker_host"], status["broker_port"]) == (installation.broker.host, installation.broker.port)
    north = installation.codes["north"]
    assert status["topics_list"] == [f"{north}/datalogger/+/+/heartbeat", f"{north}/#"]
    assert status["devices"].items() >= {"gateways": 1, "dataloggers": 2, "sensors": 3}.items()


def test_while_a_site_is_not_connected_its_devices_are_counted_as_unknown(installation: Installation) -> None:
    def counted() -> Any:
        devices = installation.status("north")["devices"]
        return [(devices[f"{kind}_online"], devices[f"{kind}_unknown"]) for kind in ("dataloggers", "sensors")]

    assert wait_until(lambda: installation.status("north")["status"] == "connected", DEADLINE)
    command(installation, "north", "stop")
    assert wait_until(lambda: counted() == [(0, 2), (0, 3)], DEADLINE)
    for kind in ("gateways", "dataloggers", "sensors"):
        device = installation.first(f"monitoring/{kind}/", site_id=installation.ids["north"])
        assert (device["availability"], device["availability_cause"]) == ("unknown", "link_down")
    command(installation, "north", "start")
    assert wait_until(lambda: installation.status("north")["status"] == "connected", DEADLINE)


def test_older_clients_have_a_word_for_every_status() -> None:
    assert LEGACY.keys() == set(Status)
    assert LEGACY[Status.PARKED] == "error"


def test_all_statuses_are_a_list(installation: Installation) -> None:
    statuses = installation.get("mqtt/connection-status/", params={"ordering": "site_name"})["results"]
    assert [(status["site_name"], status["status"]) for status in statuses] == [
        ("Diga Sud", "disconnected"),
        ("Ponte Nord", "connected"),
    ]
    assert installation.get("mqtt/connection-status/", params={"status": "parked"})["count"] == 0


def test_the_older_spelling_answers_too(installation: Installation) -> None:
    old = installation.get(f"mqtt/site/{installation.ids['north']}/status/")
    assert old["site_id"] == installation.ids["north"]
    assert installation.ask("POST", f"mqtt/site/{installation.ids['north']}/start/").status_code == 200


def test_a_start_is_accepted_and_then_connects(stopped_south: Installation) -> None:
    answer = command(stopped_south, "south", "start", "stranger")  # who is operator there
    assert answer.status_code == 202
    assert answer.json["success"] is True
    assert answer.json["message"]
    assert answer.json["connection"].keys() == {
        *("site_id", "site_name", "status", "legacy_status", "is_active", "broker_host", "broker_port"),
    }
    assert answer.json["connection"]["is_active"] is True
    assert wait_until(lambda: stopped_south.status("south")["status"] == "connected", DEADLINE)
    assert command(stopped_south, "south", "start").status_code == 200


def test_a_stop_is_accepted_and_then_disconnects(stopped_south: Installation) -> None:
    command(stopped_south, "south", "start")
    assert wait_until(lambda: stopped_south.status("south")["status"] == "connected", DEADLINE)
    answer = command(stopped_south, "south", "stop")
    assert (answer.status_code, answer.json["connection"]["is_active"]) == (202, False)
    assert wait_until(lambda: stopped_south.status("south")["status"] == "disconnected", DEADLINE)
    assert command(stopped_south, "south", "stop").status_code == 200


def test_a_restart_connects_anew(installation: Installation) -> None:
    before = installation.status("north")["last_connected_at"]
    assert command(installation, "north", "restart").status_code == 202

    def is_back() -> bool:
        status = installation.status("north")
        return bool(status["status"] == "connected" and status["last_connected_at"] > before)

    assert wait_until(is_back, DEADLINE)


def test_a_connected_site_can_be_searched_for_devices(installation: Installation) -> None:
    assert wait_until(lambda: installation.status("north")["status"] == "connected", DEADLINE)
    assert command(installation, "north", "force-discovery", "operator").status_code == 202


@pytest.mark.parametrize("word", ["restart", "force-discovery"])
def test_what_a_stopped_connection_cannot_do_is_a_conflict(installation: Installation, word: str) -> None:
    answer = command(installation, "south", word)
    assert answer.status_code == 409
    assert "start it" in answer.json["error"]["message"]


@pytest.mark.parametrize("word", ["start", "stop", "restart", "force-discovery"])
def test_a_site_that_is_not_there_cannot_be_commanded(installation: Installation, word: str) -> None:
    assert installation.ask("POST", f"mqtt/sites/987654/{word}/").status_code == 404
    assert installation.ask("GET", f"mqtt/sites/987654/{word}/").status_code == 405


def test_a_connection_is_shown_without_its_password(installation: Installation) -> None:
    connection = installation.get(f"mqtt/sites/{installation.ids['north']}/connection/")
    assert connection["username"] == "field"
    assert connection["password_set"] is True
    assert not {"password", "sealed_password"} & connection.keys()
    stored = installation.store.configuration(installation.ids["north"])
    assert stored is not None
    assert stored.connection.sealed_password not in str(connection)


def test_a_site_that_is_not_active_is_not_connected(stopped_south: Installation) -> None:
    active = site_draft(stopped_south.codes["south"], "Diga Sud", stopped_south.broker, is_active=False)
    stopped_south.store.save_fleet([active.model_copy(update={"is_active": False})])
    try:
        answer = command(stopped_south, "south", "start")
        assert answer.status_code == 409
        assert "not active" in answer.json["error"]["message"]
    finally:
        stopped_south.store.save_fleet([active])
