"""`sitewarden start`, `stop` and `restart` (row B11), as an operator types them."""

import tomllib
from collections.abc import Callable, Iterator

import pytest
from command_line import CommandLine
from servers.mosquitto import Mosquitto
from servers.process import wait_until

Write = Callable[[str, str], str]

DEADLINE = 20.0
NEVER = "3600"  # seconds; a retry or a probe by itself comes too late for any of these tests


@pytest.fixture
def broker() -> Iterator[Mosquitto]:
    """A broker that does not run yet."""
    broker = Mosquitto()
    yield broker
    broker.stop()


@pytest.fixture
def patient(sitewarden: CommandLine) -> CommandLine:
    """A command whose Sitewarden dials by itself but once."""
    sitewarden.environment |= {
        "MQTT_DEFAULT_RETRY_DELAY": NEVER,
        "MQTT_MAX_RETRY_DELAY": NEVER,
        "MQTT_PARKED_PROBE_INTERVAL": NEVER,
        "DIAGNOSIS_LISTEN": "0.2",
    }
    return sitewarden


def fleet(port: int, **fields: object) -> str:
    lines = "".join(f"{name} = {str(value).lower()}\n" for name, value in fields.items())
    return f'[[site]]\ncode = "sito_001"\n[site.connection]\nbroker_host = "127.0.0.1"\nbroker_port = {port}\n{lines}'


def is_wanted(command: CommandLine) -> bool:
    (site,) = tomllib.loads(command.succeed("export"))["site"]
    return bool(site["connection"].get("is_active", True))


def becomes(command: CommandLine, status: str) -> bool:
    return wait_until(lambda: [site["status"] for site in command.status()["sites"]] == [status], DEADLINE)


def test_a_running_sitewarden_follows_at_once_and_each_command_says_what_is_so(
    sitewarden: CommandLine, mosquitto: Mosquitto, write: Write
) -> None:
    # The monitor interval of these tests is ten minutes: what happens is caused by the commands.
    sitewarden.succeed("import", write("fleet.toml", fleet(mosquitto.port, is_active=False)))
    sitewarden.run()
    assert sitewarden.succeed("start", "sito_001") == "sito_001: is being connected\n"
    assert becomes(sitewarden, "connected"), sitewarden.errors()
    assert sitewarden.succeed("start", "sito_001") == "sito_001: is connected already\n"
    assert sitewarden.succeed("stop", "sito_001") == "sito_001: is being disconnected\n"
    assert becomes(sitewarden, "disconnected"), sitewarden.errors()
    assert sitewarden.succeed("stop", "sito_001") == "sito_001: is stopped already\n"
    done = sitewarden("restart", "sito_001")
    assert done.returncode == 1
    assert done.stderr == (
        "sitewarden: the connection of sito_001 is stopped: `sitewarden start sito_001` connects it\n"
    )
    assert not is_wanted(sitewarden)


def test_restart_dials_now_whatever_was_planned(patient: CommandLine, broker: Mosquitto, write: Write) -> None:
    patient.succeed("import", write("fleet.toml", fleet(broker.port)))
    patient.run()
    assert becomes(patient, "backing_off"), patient.errors()
    assert patient.succeed("start", "sito_001").startswith("sito_001: is started already: backing_off, ")
    broker.start()
    assert patient.succeed("restart", "sito_001") == "sito_001: is being dialled\n"
    assert becomes(patient, "connected"), patient.errors()


def test_what_is_parked_is_told_with_the_command_that_dials_it(
    patient: CommandLine, broker: Mosquitto, write: Write
) -> None:
    patient.succeed("import", write("fleet.toml", fleet(broker.port, max_retries=1, retry_delay=0.1)))
    patient.run()
    assert becomes(patient, "parked"), patient.errors()
    hint = "is parked since its last failure: `sitewarden restart sito_001` dials it now"
    assert patient.succeed("start", "sito_001") == f"sito_001: {hint}\n"
    # Of no use while the fault is there, and after a look at something else.
    assert hint not in patient("diagnose", "sito_001").stdout
    broker.start()
    assert hint not in patient.succeed("diagnose", "sito_001", "--host", "localhost")
    assert patient.succeed("diagnose", "sito_001").splitlines()[-1] == f"the site {hint}"
    patient.succeed("restart", "sito_001")
    assert becomes(patient, "connected"), patient.errors()
    assert hint not in patient.succeed("diagnose", "sito_001")


def test_what_waits_for_a_place_says_so(patient: CommandLine, broker: Mosquitto, write: Write) -> None:
    patient.environment["MQTT_MAX_CONNECTIONS"] = "1"
    text = fleet(broker.port)
    patient.succeed("import", write("fleet.toml", text + text.replace("sito_001", "sito_002")))
    patient.run()
    assert wait_until(lambda: patient.status()["connections"]["by_status"]["queued"] == 1, DEADLINE)
    (waiting,) = (site["code"] for site in patient.status()["sites"] if site["status"] == "queued")
    assert "MQTT_MAX_CONNECTIONS" in patient.succeed("restart", waiting)


def test_without_a_running_sitewarden_the_wish_is_kept_for_its_start(
    sitewarden: CommandLine, mosquitto: Mosquitto, write: Write
) -> None:
    sitewarden.succeed("import", write("fleet.toml", fleet(mosquitto.port)))
    assert sitewarden.succeed("stop", "sito_001") == "sito_001: stays disconnected when Sitewarden runs\n"
    assert not is_wanted(sitewarden)
    assert sitewarden.succeed("start", "sito_001") == "sito_001: is connected once Sitewarden runs\n"
    assert is_wanted(sitewarden)
    done = sitewarden("restart", "sito_001")
    assert done.returncode == 1
    assert "Sitewarden is not running" in done.stderr


def test_a_code_that_nobody_has_is_answered_with_those_that_there_are(
    sitewarden: CommandLine, mosquitto: Mosquitto, write: Write
) -> None:
    sitewarden.succeed("import", write("fleet.toml", fleet(mosquitto.port, is_active=False)))
    sitewarden.run()
    for command in ("start", "stop", "restart"):
        done = sitewarden(command, "sito_002")
        assert done.returncode == 1
        assert done.stderr == "sitewarden: there is no site 'sito_002'; there are: sito_001\n"


def test_a_site_that_is_not_active_is_not_started(sitewarden: CommandLine, write: Write) -> None:
    text = fleet(1, is_active=False).replace("[site.connection]", "is_active = false\n[site.connection]")
    sitewarden.succeed("import", write("fleet.toml", text))
    done = sitewarden("start", "sito_001")
    assert done.returncode == 1
    assert "the site sito_001 is not active" in done.stderr
    assert not is_wanted(sitewarden)


def test_a_command_that_finds_no_installation_makes_none(sitewarden: CommandLine) -> None:
    for command in ("start", "stop"):
        assert "there is no installation" in sitewarden(command, "sito_001").stderr
    assert not sitewarden.data_dir.exists()
