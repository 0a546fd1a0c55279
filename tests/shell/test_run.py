"""`sitewarden run`: a whole Sitewarden, started, asked and stopped."""

import json
import re
import signal
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from command_line import CommandLine
from servers.mosquitto import Mosquitto
from servers.ports import free_port, is_listening
from servers.process import wait_until

Write = Callable[[str, str], str]

DEADLINE = 20.0


def fleet(port: int, code: str) -> str:
    return f'[[site]]\ncode = "{code}"\n[site.connection]\nbroker_host = "127.0.0.1"\nbroker_port = {port}\n'


def health(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/system/health", timeout=10) as answer:
        return str(json.load(answer)["status"])


def test_it_serves_says_so_and_leaves_nothing_behind(sitewarden: CommandLine) -> None:
    process = sitewarden.run()
    assert health(sitewarden.port) == "ok"
    report = json.loads(sitewarden.succeed("status", "--json"))
    assert (report["running"], report["pid"], report["connections"]["total"]) == (True, process.pid, 0)
    assert f"process {process.pid}" in sitewarden.succeed("status")

    # The first command here was `run`: nothing that it made is open to others, logs and locks included.
    kept = [sitewarden.data_dir, *sitewarden.data_dir.rglob("*")]
    assert [path for path in kept if path.stat().st_mode & 0o077] == []
    assert sitewarden.errors().count("http://") == 1

    assert sitewarden.stop(process) == 0
    assert sitewarden.status() == {"running": False}
    assert not is_listening(sitewarden.port)
    assert not (sitewarden.data_dir / "admin.sock").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_either_signal_stops_it_in_order(sitewarden: CommandLine, number: signal.Signals) -> None:
    assert sitewarden.stop(sitewarden.run(), number) == 0
    assert "Traceback" not in sitewarden.errors()


def test_a_signal_during_the_start_stops_it_too(sitewarden: CommandLine) -> None:
    process = sitewarden.start("run")
    assert wait_until(lambda: (sitewarden.data_dir / "sitewarden.lock").exists(), DEADLINE)
    assert sitewarden.stop(process) == 0


def test_a_second_one_on_the_same_data_is_refused_and_the_first_goes_on(sitewarden: CommandLine) -> None:
    process = sitewarden.run()
    sitewarden.environment["HTTP_BIND"] = f"127.0.0.1:{free_port()}"
    done = sitewarden("run")
    assert done.returncode == 1
    assert f"process {process.pid}" in done.stderr
    assert sitewarden.status()["running"]


def test_a_port_that_is_taken_is_named_with_its_setting_and_what_had_started_is_stopped(
    sitewarden: CommandLine, mosquitto: Mosquitto
) -> None:
    sitewarden.environment["HTTP_BIND"] = f"127.0.0.1:{mosquitto.port}"
    done = sitewarden("run")
    assert done.returncode == 1
    assert "HTTP_BIND" in done.stderr
    assert "Traceback" not in done.stderr


def test_one_that_was_killed_is_followed_by_another_on_the_same_data(sitewarden: CommandLine) -> None:
    killed = sitewarden.run()
    killed.kill()
    killed.wait()
    assert sitewarden.status() == {"running": False}
    following = sitewarden.run()
    assert sitewarden.status()["pid"] == following.pid
    assert sitewarden.stop(following) == 0


def test_an_import_takes_effect_at_once_and_the_connection_shows_in_the_status(
    sitewarden: CommandLine, write: Write, mosquitto: Mosquitto
) -> None:
    # The monitor interval of these tests is ten minutes: only the nudge can make it connect in time.
    sitewarden.run()
    sitewarden.succeed("import", write("fleet.toml", fleet(mosquitto.port, "run_a") + fleet(free_port(), "run_b")))
    assert wait_until(
        lambda: (
            {site["code"]: site["status"] for site in sitewarden.status()["sites"]}
            == {"run_a": "connected", "run_b": "backing_off"}
        ),
        DEADLINE,
    ), sitewarden.errors()
    report = sitewarden.status()
    assert report["connections"]["total"] == 2
    assert report["connections"]["by_status"]["connected"] == 1
    assert report["connections"]["by_status"]["backing_off"] == 1
    shown = sitewarden("status").stdout
    assert "connections: 2" in shown
    assert "connected: 1" in shown
    waiting = {site["code"]: site["next_retry"] for site in report["sites"]}
    assert waiting["run_a"] is None
    assert datetime.fromisoformat(waiting["run_b"]).tzinfo is UTC
    assert re.search(r"run_b .*retry in \d+ s", shown)


def test_a_simulated_fleet_is_counted_to_the_last_heartbeat(
    sitewarden: CommandLine, write: Write, mosquitto: Mosquitto
) -> None:
    broker = ("--broker", f"127.0.0.1:{mosquitto.port}", "--prefix", "counted_")
    shape = ("--sites", "2", "--dataloggers", "2", "--sensors", "3")
    sitewarden.succeed("import", write("fleet.toml", sitewarden.succeed("simulate", *broker, *shape, "--print-fleet")))
    sitewarden.succeed("user", "add", "anna", "--superuser", "--password-stdin", stdin="correct horse\n")
    token = sitewarden.succeed("user", "token", "anna").strip()
    sitewarden.run()
    assert wait_until(lambda: sitewarden.status()["connections"]["by_status"]["connected"] == 2, DEADLINE)

    pace = ("--interval", "0.5", "--gateway-interval", "1", "--duration", "4")
    assert sitewarden.succeed("simulate", *broker, *shape, *pace) == "published 40, acknowledged 40\n"

    def heartbeats() -> list[int]:
        address = f"http://127.0.0.1:{sitewarden.port}/api/v1/monitoring/dataloggers/"
        request = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return [datalogger["total_heartbeats"] for datalogger in json.load(answer)["results"]]

    assert wait_until(lambda: heartbeats() == [8, 8, 8, 8], DEADLINE), heartbeats()
