"""Diagnoses by the API: who may ask for them, of what, and with which password."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from falcon.testing import Result
from servers.certificates import Authority
from servers.mosquitto import Mosquitto
from servers.ports import HOST, free_port
from servers.process import wait_until

from .installation import DEADLINE, Installation, installed

PASSWORD = "canary-of-the-broker"  # the saved one
STAGES = ["dns", "tcp", "tls", "connack", "suback", "data"]


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory, mosquitto: Mosquitto) -> Iterator[Installation]:
    """An installation whose diagnoses do not listen for long."""
    with installed(tmp_path_factory.mktemp("diagnosis"), mosquitto, diagnosis={"listen": 0.2}) as installation:
        yield installation


def diagnose(installation: Installation, user: str = "operator", site: str = "north", **body: Any) -> Result:
    path = f"mqtt/sites/{installation.ids[site]}/diagnose/"
    answer = installation.ask("POST", path, user, json=body) if body else installation.ask("POST", path, user)
    assert PASSWORD not in answer.text
    return answer


def diagnose_new(installation: Installation, user: str, **connection: Any) -> Result:
    body = {"code": "new_site", "connection": {"broker_host": HOST, **connection}}
    return installation.ask("POST", "mqtt/diagnose/", user, json=body)


def failed(answer: Result) -> Any:
    """The stage that failed."""
    assert answer.status_code == 200, answer.text
    assert answer.json["ok"] is False
    [stage] = [stage for stage in answer.json["stages"] if stage["outcome"] == "failed"]
    assert stage["advice"]
    return stage


@pytest.mark.parametrize("user", ["operator", "admin"])
def test_a_saved_connection_is_told_stage_by_stage(hasty: Installation, user: str) -> None:
    answer = diagnose(hasty, user)
    assert answer.status_code == 200
    assert answer.json["ok"] is True
    assert [stage["name"] for stage in answer.json["stages"]] == STAGES
    assert answer.json["stages"][0].keys() == {"name", "outcome", "seconds", "result", "advice"}


def test_the_live_link_is_not_touched(hasty: Installation) -> None:
    assert wait_until(lambda: hasty.status("north")["status"] == "connected", DEADLINE)
    before = hasty.status("north")
    assert diagnose(hasty).json["ok"] is True
    after = hasty.status("north")
    names = ("status", "last_connected_at", "connection_errors")
    assert [after[name] for name in names] == [before[name] for name in names]


def test_the_older_spelling_answers_too(hasty: Installation) -> None:
    answer = hasty.ask("POST", f"mqtt/site/{hasty.ids['north']}/diagnose/", "operator")
    assert answer.json["ok"] is True


@pytest.mark.parametrize(("user", "status"), [("viewer", 403), ("stranger", 404)])
def test_only_who_operates_a_site_may_have_it_looked_at(hasty: Installation, user: str, status: int) -> None:
    assert diagnose(hasty, user).status_code == status


def test_what_is_left_out_of_a_trial_is_as_saved(hasty: Installation) -> None:
    stage = failed(diagnose(hasty, broker_port=(port := free_port()), password="another"))
    assert stage["name"] == "tcp"
    assert f"{HOST}:{port}" in stage["result"]
    assert hasty.get(f"mqtt/sites/{hasty.ids['north']}/connection/")["broker_port"] == hasty.broker.port


@pytest.mark.parametrize(
    "change", [{"broker_host": "localhost"}, {"broker_port": 1}, {"username": "else"}, {"tls_mode": "insecure"}]
)
def test_the_saved_password_goes_nowhere_but_where_it_was_saved_for(hasty: Installation, change: Any) -> None:
    refused = diagnose(hasty, **change)
    assert refused.status_code == 422
    assert "password" in refused.json["error"]["fields"]
    assert diagnose(hasty, **change, password="").status_code == 200


def test_the_saved_password_is_used_where_nothing_of_that_changes(hasty: Installation) -> None:
    assert diagnose(hasty, keep_alive_interval=60, protocol="5").json["ok"] is True


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"broker_port": 0}, "broker_port"),
        ({"broker_host": "a..b"}, "broker_host"),
        ({"colour": "red"}, "colour"),
        ({"tls_ca_file": "/ca.pem"}, "body"),
        ({"topics": [{"topic_pattern": "a/#/b"}]}, "topics.0.topic_pattern"),
    ],
)
def test_a_bad_field_is_named(hasty: Installation, body: Any, field: str) -> None:
    refused = diagnose(hasty, **body)
    assert refused.status_code == 422
    assert field in refused.json["error"]["fields"]


def test_only_a_superuser_may_name_files_of_the_machine(hasty: Installation, tmp_path: Path) -> None:
    body = {"tls_mode": "verify", "tls_ca_file": str(Authority(tmp_path).file), "password": "another"}
    assert diagnose(hasty, "operator", **body).status_code == 403
    assert failed(diagnose(hasty, "admin", **body))["result"] == f"port {hasty.broker.port} speaks MQTT without TLS"


def test_a_superuser_may_try_a_site_that_is_not_there_yet(hasty: Installation) -> None:
    assert diagnose_new(hasty, "operator", broker_port=hasty.broker.port).status_code == 403
    answer = diagnose_new(hasty, "admin", broker_port=hasty.broker.port)
    assert answer.json["ok"] is True
    assert "new_site/#: granted QoS 1" in [stage["result"] for stage in answer.json["stages"]]
    refused = diagnose_new(hasty, "admin", broker_port=0)
    assert (refused.status_code, [*refused.json["error"]["fields"]]) == (422, ["connection.broker_port"])


def test_two_are_looked_at_and_a_third_is_refused_while_other_requests_go_on(hasty: Installation) -> None:
    with ExitStack() as open_sockets:
        server = open_sockets.enter_context(closing(socket.create_server((HOST, 0))))
        server.settimeout(DEADLINE)
        never_answered = {"broker_port": server.getsockname()[1], "password": ""}
        looks = [threading.Thread(target=diagnose, args=(hasty,), kwargs=never_answered) for _ in range(2)]
        for look in looks:
            look.start()
        for _ in looks:
            open_sockets.enter_context(closing(server.accept()[0]))
        refused = diagnose(hasty)
        assert refused.status_code == 429
        assert refused.headers["Retry-After"]
        assert hasty.ask("GET", "sites/").status_code == 200
    for look in looks:
        look.join()
    assert diagnose(hasty).status_code == 200


def test_a_password_that_cannot_be_read_is_a_conflict(hasty: Installation) -> None:
    sealed = hasty.store.secrets
    other = type(sealed).load(None, hasty.directory / "another.key")
    hasty.store.secrets = other
    try:
        refused = diagnose(hasty)
    finally:
        hasty.store.secrets = sealed
    assert refused.status_code == 409
    assert "another key" in refused.json["error"]["message"]


def test_it_goes_on_without_the_database(hasty: Installation) -> None:
    assert diagnose(hasty).json["ok"] is True
    with hasty.without_database():
        assert diagnose(hasty).json["ok"] is True


def test_the_document_tells_of_it_and_that_its_body_may_be_left_out(hasty: Installation) -> None:
    document = hasty.get("openapi.json")
    saved = document["paths"]["/api/v1/mqtt/sites/{id}/diagnose/"]["post"]
    assert saved["requestBody"]["required"] is False
    assert {"200", "403", "404", "409", "422", "429"} <= saved["responses"].keys()
    new = document["paths"]["/api/v1/mqtt/diagnose/"]["post"]
    assert new["requestBody"]["required"] is True
    schema = document["components"]["schemas"]["ConnectionTrial"]
    assert "required" not in schema
    assert PASSWORD not in json.dumps(document)
