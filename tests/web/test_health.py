"""Health, as a monitor sees it."""

from pathlib import Path

from servers.mosquitto import Mosquitto
from servers.process import wait_until

from .installation import DEADLINE, Installation, installed


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


def test_without_the_actors_nothing_is_ready(tmp_path: Path, mosquitto: Mosquitto) -> None:
    with installed(tmp_path, mosquitto) as installation:
        installation.runtime.stop()
        answer = installation.ask("GET", "system/health", None)
        assert (answer.status_code, answer.json["status"]) == (503, "unavailable")
        assert answer.json["checks"]["actors"]["status"] == "unavailable"
        refused = installation.ask("GET", "monitoring/sensors/")
        assert refused.status_code == 503
        assert refused.headers["Retry-After"]
        assert installation.get("sites/")["count"] == 2  # configuration is the database's
