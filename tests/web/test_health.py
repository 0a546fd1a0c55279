"""Health, as a monitor sees it."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from servers.mosquitto import Mosquitto
from servers.process import wait_until
from sitewarden.store.drafts import ConnectionDraft, SiteDraft
from sitewarden.web.health import cause_of

from .installation import DATABASE, DEADLINE, Installation, heartbeat, installed


def test_all_is_well(installation: Installation) -> None:
    health = installation.get("system/health", None)
    assert health["status"] == "ok"
    assert health["checks"]["database"] == {"status": "ok"}
    assert health["checks"]["actors"]["status"] == "ok"
    assert health["checks"]["persistence"]["status"] == "ok"


def test_a_monitor_may_ask_for_the_head_only(installation: Installation) -> None:
    answer = installation.ask("HEAD", "system/health", None)
    assert (answer.status_code, answer.content) == (200, b"")


def test_without_the_database_live_state_goes_on_and_health_is_degraded(tmp_path: Path, mosquitto: Mosquitto) -> None:
    with installed(tmp_path, mosquitto) as installation:
        assert wait_until(lambda: installation.status("north")["status"] == "connected", DEADLINE)
        installation.get("sites/", "viewer")
        with installation.without_database():
            answer = installation.ask("GET", "system/health", None)
            assert (answer.status_code, answer.json["status"]) == (200, "degraded")
            assert answer.json["checks"]["database"] == {"status": "degraded"}
            assert answer.json["reasons"][0] == "The database does not answer."
            assert str(tmp_path) not in answer.text

            assert installation.status("north")["status"] == "connected"
            assert installation.get("sites/", "viewer")["count"] == 1
            assert installation.get("monitoring/sensors/", "viewer")["count"] == 0

            for method, path in (("POST", "stop/"), ("GET", "parsing-logs/")):
                refused = installation.ask(method, f"mqtt/sites/{installation.ids['north']}/{path}")
                assert refused.status_code == 503
                assert refused.headers["Retry-After"]
                assert refused.json["error"]["code"] == "unavailable"
                assert str(tmp_path) not in refused.text


def test_a_database_that_others_have_locked_is_told_until_they_let_go(tmp_path: Path, mosquitto: Mosquitto) -> None:
    with installed(tmp_path, mosquitto) as installation:
        assert wait_until(lambda: installation.status("north")["status"] == "connected", DEADLINE)

        def health() -> Any:
            return installation.get("system/health", None)

        with closing(sqlite3.connect(tmp_path / DATABASE, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            prefix = installation.codes["north"]
            installation.publish(f"{prefix}/datalogger/monstro/1/heartbeat", heartbeat(prefix, "MNA00542"))
            assert wait_until(lambda: health()["checks"]["persistence"]["status"] == "degraded", DEADLINE)
            told = health()
            assert told["status"] == "degraded"
            assert told["checks"]["database"] == {"status": "degraded"}
            assert told["checks"]["persistence"]["unwritten"] > 0
            # First the write is slow, then it is given up.
            assert wait_until(lambda: "another process holds its lock" in health()["reasons"][0], DEADLINE)
            first = health()["reasons"][0]
            waiting = health()["checks"]["persistence"]["unwritten"]
            installation.publish(f"{prefix}/datalogger/monstro/2/heartbeat", heartbeat(prefix, "MNA00543"))
            assert wait_until(lambda: health()["checks"]["persistence"]["unwritten"] > waiting, DEADLINE)
            assert health()["reasons"][0] == first
            other.execute("ROLLBACK")
        assert wait_until(lambda: health()["status"] == "ok", DEADLINE)
        assert health()["reasons"] == []


def test_where_the_spool_takes_nothing_either_it_is_told_that_messages_wait(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    with installed(tmp_path, mosquitto) as installation:
        assert wait_until(lambda: installation.status("north")["status"] == "connected", DEADLINE)
        (tmp_path / f"{installation.store.installation_id()}.spool").mkdir()

        def reasons() -> Any:
            return installation.get("system/health", None)["reasons"]

        with closing(sqlite3.connect(tmp_path / DATABASE, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            prefix = installation.codes["north"]
            installation.publish(f"{prefix}/datalogger/monstro/1/heartbeat", heartbeat(prefix, "MNA00542"))
            assert wait_until(lambda: "messages wait at their brokers" in " ".join(reasons()), DEADLINE)
            assert str(tmp_path) not in " ".join(reasons())
            other.execute("ROLLBACK")
        assert wait_until(lambda: reasons() == [], DEADLINE)


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ("the database does not serve us: /d/s.db: database or disk is full", "its disk is full"),
        ("the database does not serve us: could not extend file: No space left on device", "its disk is full"),
        ("the database does not serve us: canceling statement due to lock timeout", "holds its lock"),
        ("the database does not serve us: Lock wait timeout exceeded; try restarting transaction", "holds its lock"),
        ("the database does not serve us: attempt to write a readonly database", "only be read"),
        ("the database has been at work on a batch for 3 s", "slow"),
        ("the database does not serve us: connection refused", "gone"),
    ],
)
def test_what_a_database_says_is_told_by_its_cause(said: str, cause: str) -> None:
    assert cause in cause_of(said)


def test_connections_in_trouble_are_counted_and_named_to_those_who_may_know(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    with installed(tmp_path, mosquitto) as installation:
        code = installation.codes["south"]
        files = {"tls_mode": "verify", "tls_ca_file": str(tmp_path / "no.pem")}
        connection = ConnectionDraft(broker_host=mosquitto.host, broker_port=mosquitto.port, **files)
        installation.store.save_fleet([SiteDraft(code=code, connection=connection)])
        installation.ask("POST", f"mqtt/sites/{installation.ids['south']}/start/")
        assert wait_until(lambda: installation.status("south")["status"] == "parked", DEADLINE)
        assert installation.status("south")["legacy_status"] == "error"
        assert installation.status("south")["mqtt_next_retry"] is not None
        started = installation.ask("POST", f"mqtt/sites/{installation.ids['south']}/start/")
        assert started.status_code == 200
        assert "is parked: POST .../restart/ dials now" in started.json["message"]

        def told(user: str | None) -> Any:
            health = installation.get("system/health", user)
            assert health["status"] == "ok"  # it is the broker that is not well
            return health["checks"]["sites"]

        nobody = {"status": "attention", "in_trouble": 1, "codes": []}
        assert told(None) == nobody
        assert told("viewer") == nobody
        assert told("stranger") == told("admin") == {**nobody, "codes": [code]}
        headers = {"Authorization": "Bearer nonsense"}
        assert installation.ask("GET", "system/health", None, headers=headers).json["checks"]["sites"] == nobody


def test_without_the_actors_nothing_is_ready(tmp_path: Path, mosquitto: Mosquitto) -> None:
    with installed(tmp_path, mosquitto) as installation:
        installation.runtime.stop()
        answer = installation.ask("GET", "system/health", None)
        assert (answer.status_code, answer.json["status"]) == (503, "unavailable")
        assert answer.json["checks"]["actors"]["status"] == "unavailable"
        assert answer.json["reasons"] == ["The actors do not answer."]
        refused = installation.ask("GET", "monitoring/sensors/")
        assert refused.status_code == 503
        assert refused.headers["Retry-After"]
        assert installation.get("sites/")["count"] == 2  # configuration is the database's
