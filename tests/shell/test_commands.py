"""The commands as an operator types them."""

import json
import signal
import sqlite3
import subprocess
import sys
import tomllib
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest
from command_line import CommandLine
from servers.process import wait_until
from sitewarden.shell.commands import COMMANDS

Write = Callable[[str, str], str]

FLEET = """\
[[site]]
code = "sito_001"
name = "Ponte Nord"
customer = "ANAS"
[site.connection]
broker_host = "127.0.0.1"
broker_port = 1
username = "warden"
password = "canary-password"
is_active = false
[[site.connection.topic]]
topic_pattern = "sito_001/gateway/+/heartbeat"
"""


def test_a_new_installation_has_no_user_no_site_and_does_not_run(sitewarden: CommandLine) -> None:
    done = sitewarden("status")
    assert done.returncode == 3
    assert "Sitewarden is not running" in done.stdout
    assert f"{sitewarden.data_dir}/admin.sock" in done.stdout
    assert "SITEWARDEN_DATA_DIR" in done.stdout
    done = sitewarden("status", "--json")
    assert (done.returncode, json.loads(done.stdout)) == (3, {"running": False})
    sitewarden.succeed("migrate")
    assert sitewarden.succeed("export").strip() == "site = []"
    assert "there is no user 'admin'" in sitewarden("user", "token", "admin").stderr
    assert "there is no user 'admin'" in sitewarden("user", "grant", "admin", "sito_001", "viewer").stderr


@pytest.mark.parametrize(
    "arguments", [["export"], ["user", "token", "anna"], ["user", "grant", "anna", "sito_001", "viewer"]]
)
@pytest.mark.parametrize("url", ["", "postgresql://127.0.0.1:1/warden"])
def test_a_command_that_only_asks_makes_no_installation(
    sitewarden: CommandLine, arguments: list[str], url: str
) -> None:
    sitewarden.environment["DATABASE_URL"] = url
    done = sitewarden(*arguments)
    assert done.returncode == 1
    assert "there is no installation" in done.stderr
    assert str(sitewarden.data_dir) in done.stderr
    assert not sitewarden.data_dir.exists()


def test_the_list_of_commands_shows_those_that_there_are_and_the_version_is_told(sitewarden: CommandLine) -> None:
    listed = sitewarden.succeed("--help")
    for command in COMMANDS:
        assert f" {command.name} " in listed
        assert f"{command.name} [OPTIONS]" in sitewarden.succeed(str(command.name), "--help")
    assert sitewarden.succeed("--version") == f"sitewarden {version('sitewarden')}\n"


@pytest.mark.parametrize("arguments", [["--help"], ["status"]])
def test_neither_help_nor_status_waits_for_what_only_other_commands_need(
    sitewarden: CommandLine, arguments: list[str]
) -> None:
    asked = """
import atexit, sys
from sitewarden.shell.main import app
atexit.register(lambda: print("loaded", *({"peewee", "falcon", "paho", "cryptography"} & sys.modules.keys())))
app()
"""
    done = subprocess.run(
        [sys.executable, "-c", asked, *arguments],
        env=sitewarden.environment,
        cwd=sitewarden.directory,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.splitlines()[-1].split() == ["loaded"]


def test_ctrl_c_in_the_first_moments_is_quiet(sitewarden: CommandLine) -> None:
    # Ctrl-C comes with the first import, of whatever module that is.
    early = """
import os, signal, sys
from sitewarden.shell.main import app
class Interrupt:
    def find_spec(self, name, path=None, target=None):
        os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupt())
app()
"""
    done = subprocess.run(
        [sys.executable, "-c", early, "status"],
        env=sitewarden.environment,
        cwd=sitewarden.directory,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_ctrl_c_ends_a_command_that_waits(sitewarden: CommandLine) -> None:
    with subprocess.Popen(
        sitewarden.command("user", "add", "anna", "--password-stdin"),
        env=sitewarden.environment,
        cwd=sitewarden.directory,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        loaded = Path(f"/proc/{process.pid}/maps")
        assert wait_until(lambda: "_pydantic_core" in loaded.read_text(), 30)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_migrate_says_what_it_did_and_does_it_once(sitewarden: CommandLine) -> None:
    assert "applied 0001" in sitewarden.succeed("migrate")
    assert sitewarden.succeed("migrate") == "the database is up to date\n"


def test_import_shows_the_diff_and_takes_it_once(sitewarden: CommandLine, write: Write) -> None:
    file = write("fleet.toml", FLEET)
    for _ in range(2):
        assert sitewarden.succeed("import", file, "--dry-run").splitlines() == [
            "sito_001: would be created",
            "1 would be created, 0 would be changed, 0 unchanged",
        ]
    assert "imported" in sitewarden.succeed("import", file)
    assert sitewarden.succeed("import", file).splitlines() == [
        "sito_001: unchanged",
        "0 created, 0 changed, 1 unchanged",
    ]

    changed = write("fleet.toml", FLEET.replace("canary-password", "canary-other").replace("Ponte Nord", "Ponte Sud"))
    assert sitewarden.succeed("import", changed).splitlines() == [
        "sito_001: changed",
        "  name: Ponte Nord -> Ponte Sud",
        "  connection.password: changed",
        "0 created, 1 changed, 0 unchanged",
        "imported",
    ]
    assert sitewarden.succeed("import", write("fleet.toml", FLEET), "--dry-run").splitlines() == [
        "sito_001: would be changed",
        "  name: Ponte Sud -> Ponte Nord",
        "  connection.password: changed",
        "0 would be created, 1 would be changed, 0 unchanged",
    ]


@pytest.mark.parametrize("form", ["toml", "json"])
def test_an_export_is_taken_back_without_a_change_and_holds_no_password(
    sitewarden: CommandLine, write: Write, form: str
) -> None:
    sitewarden.succeed("import", write("fleet.toml", FLEET))
    exported = sitewarden.succeed("export", "--format", form)
    (site,) = (tomllib.loads(exported) if form == "toml" else json.loads(exported))["site"]
    assert site["connection"]["topic"][0]["topic_pattern"] == "sito_001/gateway/+/heartbeat"
    assert "password" not in exported
    again = sitewarden.succeed("import", write(f"export.{form}", exported))
    assert again.splitlines()[-1] == "0 created, 0 changed, 1 unchanged"


def test_one_bad_row_keeps_the_whole_file_out(sitewarden: CommandLine, write: Write) -> None:
    bad = FLEET.replace("sito_001", "sito_002").replace("broker_port = 1", "broker_port = 0")
    done = sitewarden("import", write("fleet.toml", FLEET + bad))
    assert done.returncode == 1
    assert "site 'sito_002': connection.broker_port" in done.stderr
    assert "Traceback" not in done.stderr
    assert not sitewarden.data_dir.exists()


@pytest.mark.parametrize("option", [[], ["--dry-run"]])
def test_sites_that_would_hear_each_other_are_refused_also_by_a_dry_run(
    sitewarden: CommandLine, write: Write, option: list[str]
) -> None:
    other = FLEET.replace('code = "sito_001"', 'code = "sito_002"').replace(
        'username = "warden"', 'topic_prefix = "sito_001/x"'
    )
    done = sitewarden("import", write("fleet.toml", FLEET + other.replace("sito_001/gateway", "sito_001/x")), *option)
    assert done.returncode == 1
    assert "sito_001 and sito_002" in done.stderr
    assert sitewarden.succeed("export").strip() == "site = []"


def test_a_user_has_the_password_that_was_piped_in_and_a_token_by_command(
    sitewarden: CommandLine, write: Write
) -> None:
    sitewarden.succeed("import", write("fleet.toml", FLEET))
    assert sitewarden.succeed("user", "add", "anna", "--superuser", "--password-stdin", stdin="correct horse\n")
    sitewarden.succeed("user", "add", "bruno", "--password-stdin", stdin="battery staple\n")
    tokens = {sitewarden.succeed("user", "token", "bruno") for _ in range(2)}
    assert len(tokens) == 2
    assert all(len(token.split()) == 1 and len(token) > 30 for token in tokens)
    assert sitewarden.succeed("user", "grant", "bruno", "sito_001", "operator") == "bruno is operator of sito_001\n"


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "said"),
    [
        (["user", "add", "anna", "--password-stdin"], "", 1, "no password came on standard input"),
        (["user", "add", "anna", "--password-stdin"], "short\n", 1, "password"),
        (["user", "add", "anna"], "correct horse\n", 2, "--password-stdin"),
        (["user", "add", "", "--password-stdin"], "correct horse\n", 1, "name"),
        (["user", "grant", "nobody", "sito_001", "owner"], "", 2, "owner"),
        (["import", "absent.toml"], "", 1, "absent.toml: No such file"),
        (["status", "--config", "absent.toml"], "", 1, "absent.toml"),
        (["export", "--format", "xml"], "", 2, "xml"),
        (["simulate", "--broker", "nowhere"], "", 2, "HOST:PORT"),
        (["simulate", "--broker", "127.0.0.1:1"], "", 1, "no MQTT broker at 127.0.0.1:1"),
        (["simulate", "--print-fleet", "--prefix", "a/b"], "", 2, "a/b001"),
        (["simulate", "--print-fleet", "--prefix", "a" * 50], "", 2, "--prefix"),
        (["restart"], "", 2, "CODE"),
        (["rerun"], "", 2, "rerun"),
    ],
)
def test_what_a_user_can_get_wrong_ends_in_words(
    sitewarden: CommandLine, arguments: list[str], stdin: str, code: int, said: str
) -> None:
    done = sitewarden(*arguments, stdin=stdin)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_name_that_is_taken_is_refused(sitewarden: CommandLine) -> None:
    sitewarden.succeed("user", "add", "anna", "--password-stdin", stdin="correct horse\n")
    done = sitewarden("user", "add", "anna", "--password-stdin", stdin="battery staple\n")
    assert done.returncode == 1
    assert "'anna'" in done.stderr


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("DATABASE_URL", "oracle://x", "oracle"),
        ("DATABASE_URL", "postgresql://warden:canary@127.0.0.1:1/warden", "127.0.0.1"),
        ("MQTT_MAX_CONNECTIONS", "many", "MQTT_MAX_CONNECTIONS"),
        ("SECRET_KEYS", "canary", "SECRET_KEYS"),
        ("SITEWARDEN_DATA_DIR", "/proc/nothing", "/proc/nothing cannot be used"),
        ("SITEWARDEN_DATA_DIR", "/dev/null", "/dev/null cannot be used: it is not a directory"),
        ("LOG_DIR", "/dev/null", "LOG_DIR (log.dir): cannot log in /dev/null"),
        (
            "DATABASE_URL",
            "sqlite:////dev/null/x.db",
            "/dev/null/x.db: /dev/null is not a directory (the database is set by DATABASE_URL)",
        ),
        ("ADMIN_SOCKET", "/proc/nothing/s", "/proc/nothing for the admin socket: No such file"),
    ],
)
def test_settings_that_cannot_be_used_end_in_words_without_a_secret(
    sitewarden: CommandLine, name: str, value: str, said: str
) -> None:
    sitewarden.environment[name] = value
    done = sitewarden("run")
    assert done.returncode == 1
    assert said in done.stderr
    assert "canary" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_that_is_none_is_named(sitewarden: CommandLine) -> None:
    sitewarden.data_dir.mkdir()
    (sitewarden.data_dir / "sitewarden.db").write_text("no database at all, but longer than a header of SQLite" * 10)
    done = sitewarden("run")
    assert done.returncode == 1
    assert f"{sitewarden.data_dir}/sitewarden.db: file is not a database" in done.stderr
    assert "SITEWARDEN_DATA_DIR" in done.stderr


def test_no_password_lies_in_clear_in_what_an_installation_keeps(sitewarden: CommandLine, write: Write) -> None:
    sitewarden.succeed("import", write("fleet.toml", FLEET))
    sitewarden.succeed("user", "add", "anna", "--password-stdin", stdin="canary-person\n")
    token = sitewarden.succeed("user", "token", "anna").strip()
    kept = [path for path in sitewarden.data_dir.rglob("*") if path.is_file()]
    assert any(path.name == "sitewarden.db" for path in kept)
    assert not [path for path in kept if b"canary" in path.read_bytes() or token.encode() in path.read_bytes()]
    assert {path.name for path in kept if path.stat().st_size and path.stat().st_mode & 0o077} == set()


def test_the_config_file_says_where_the_installation_is(sitewarden: CommandLine, write: Write, tmp_path: Path) -> None:
    del sitewarden.environment["SITEWARDEN_DATA_DIR"]
    file = write("warden.toml", f'[sitewarden]\ndata_dir = "{tmp_path}/elsewhere"\n')
    sitewarden.succeed("migrate", "--config", file)
    with sqlite3.connect(tmp_path / "elsewhere" / "sitewarden.db") as database:
        assert database.execute("select count(*) from site").fetchone() == (0,)
