"""`sitewarden diagnose`, as an operator types it."""

import json
import os
import pty
import re
import subprocess
from collections.abc import Callable

import pytest
from command_line import CommandLine
from servers.mosquitto import Mosquitto
from servers.ports import HOST, free_port

Write = Callable[[str, str], str]

PASSWORD = "canary-password"
NARROW = 60  # columns
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def fleet(port: int, *codes: str, **fields: object) -> str:
    """A fleet file's text: sites at this port; their passwords must show up nowhere."""
    connection = {"broker_host": HOST, "broker_port": port, "username": "field", "password": PASSWORD, **fields}
    lines = "\n".join(f"{name} = {json.dumps(value)}" for name, value in connection.items())
    return "\n".join(f'[[site]]\ncode = "{code}"\n[site.connection]\n{lines}' for code in codes)


@pytest.fixture
def hasty(sitewarden: CommandLine) -> CommandLine:
    sitewarden.environment |= {"DIAGNOSIS_LISTEN": "0.2", "COLUMNS": str(NARROW)}
    return sitewarden


@pytest.fixture
def saved(hasty: CommandLine, mosquitto: Mosquitto, write: Write) -> CommandLine:
    """A command whose installation has the site `sito_001`."""
    hasty.succeed("import", write("fleet.toml", fleet(mosquitto.port, "sito_001", is_active=False)))
    return hasty


def test_a_saved_connection_is_told_stage_by_stage(saved: CommandLine, mosquitto: Mosquitto) -> None:
    lines = saved.succeed("diagnose", "sito_001").splitlines()
    assert lines[0] == f"sito_001 at {HOST}:{mosquitto.port}"
    words = [line.split()[:2] for line in lines[1:] if not line.startswith(" ")]
    assert [name for name, _ in words] == ["dns", "tcp", "tls", "connack", "suback", "data"]
    assert ["suback", "ok"] in words


def test_what_fails_is_told_with_the_fix_and_by_the_exit_code(saved: CommandLine) -> None:
    port = free_port()
    done = saved("diagnose", "sito_001", "--port", str(port), "--password-stdin", stdin=f"{PASSWORD}\n")
    assert done.returncode == 1
    assert f"{HOST}:{port} refused the connection" in done.stdout
    assert "  Start the broker" in done.stdout
    assert PASSWORD not in done.stdout + done.stderr


def test_other_values_are_tried_and_not_saved(saved: CommandLine, mosquitto: Mosquitto) -> None:
    before = saved.succeed("export")
    done = saved("diagnose", "sito_001", "--tls", "verify", "--host", "localhost", "--password-stdin", stdin="other\n")
    assert done.returncode == 1
    assert f"port {mosquitto.port} speaks MQTT without TLS" in done.stdout
    assert saved.succeed("export") == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["sito_001", "--host", "localhost"], "--password-stdin"),
        (["sito_001", "--port", "0"], "sitewarden: broker_port: "),
        (["sito_001", "--ca", "ca.pem"], "sitewarden: tls_mode is off"),
        (["nowhere"], "there are: sito_001"),
        (["--file", "fleet.toml", "nowhere"], "no site 'nowhere'"),
    ],
)
def test_what_cannot_be_tried_is_refused_in_words(saved: CommandLine, arguments: list[str], words: str) -> None:
    done = saved("diagnose", *arguments)
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "--file"),
        (["--file", "fleet.toml", "--port", "1"], "--port is of no use with --file"),
        (["--file", "fleet.toml", "--ca", "ca.pem", "--password-stdin"], "--ca and --password-stdin are of no use"),
    ],
)
def test_what_makes_no_sense_is_wrong_usage(saved: CommandLine, arguments: list[str], words: str) -> None:
    saved.environment["COLUMNS"] = "200"
    done = saved("diagnose", *arguments)
    assert done.returncode == 2
    assert words in done.stderr


def test_a_certificate_is_found_from_where_the_command_is_typed(saved: CommandLine) -> None:
    done = saved("diagnose", "sito_001", "--tls", "verify", "--ca", "absent.pem", "--password-stdin", stdin="other\n")
    assert done.returncode == 1
    assert str(saved.directory / "absent.pem") in done.stdout


def test_a_fleet_file_is_tried_before_it_is_imported(hasty: CommandLine, mosquitto: Mosquitto, write: Write) -> None:
    file = write("fleet.toml", fleet(mosquitto.port, "sito_001", "sito_002"))
    assert hasty.succeed("diagnose", "--file", file).count(f" at {HOST}:{mosquitto.port}") == 2
    assert hasty.succeed("diagnose", "--file", file, "sito_002").startswith("sito_002")
    assert not hasty.data_dir.exists()


def test_a_file_without_the_password_is_tried_with_the_saved_one(
    saved: CommandLine, mosquitto: Mosquitto, write: Write
) -> None:
    text = fleet(mosquitto.port, "sito_001").replace(f'password = "{PASSWORD}"', "")
    saved.succeed("diagnose", "--file", write("without.toml", text))
    elsewhere = write("elsewhere.toml", text.replace(HOST, "localhost"))
    assert "--password-stdin, or in the file" in saved("diagnose", "--file", elsewhere).stderr


def test_json_has_every_site_and_stage(hasty: CommandLine, mosquitto: Mosquitto, write: Write) -> None:
    text = fleet(mosquitto.port, "fine") + "\n" + fleet(free_port(), "closed")
    done = hasty("diagnose", "--json", "--file", write("fleet.toml", text))
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert told["ok"] is False
    assert [(site["code"], site["ok"]) for site in told["sites"]] == [("fine", True), ("closed", False)]
    assert told["sites"][1]["stages"][1].keys() == {"name", "outcome", "seconds", "result", "advice"}
    assert PASSWORD not in done.stdout


def test_it_looks_beside_a_sitewarden_that_runs(saved: CommandLine) -> None:
    process = saved.run()
    saved.succeed("diagnose", "sito_001")
    assert saved.stop(process) == 0


def test_on_a_narrow_terminal_stages_come_in_columns_that_fit(saved: CommandLine) -> None:
    # Rich takes the width from COLUMNS; what makes it a terminal is the pseudo-terminal.
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        saved.command("diagnose", "sito_001"),
        cwd=saved.directory,
        env={**saved.environment, "TERM": "xterm"},
        stdin=subprocess.DEVNULL,
        stdout=theirs,
    )
    os.close(theirs)
    shown = b""
    try:
        while chunk := os.read(ours, 4096):
            shown += chunk
    except OSError:
        pass  # how a pseudo-terminal ends when nobody has its other side
    assert process.wait() == 0
    assert b"waiting for the next stage" in shown
    plain = ESCAPES.sub("", shown.decode())
    assert "suback" in plain
    assert all(len(line) <= NARROW for line in plain.splitlines() if "waiting" not in line), plain
