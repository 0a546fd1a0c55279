"""Where a setting comes from, which source wins, and what a bad one is told."""

from pathlib import Path

import pytest
from sitewarden.config.settings import Settings, SettingsInvalid, load


@pytest.fixture(autouse=True)
def bare_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Neither the developer's environment nor a `.env` in the checkout may decide what these tests see."""
    for section in Settings.model_fields:
        for name in type(Settings.model_fields[section].default).model_fields:
            monkeypatch.delenv(f"{section}_{name}".upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(file: Path, text: str) -> Path:
    file.write_text(text)
    return file


def test_without_any_source_the_documented_defaults_hold() -> None:
    settings = load()
    assert (settings.mqtt.max_connections, settings.mqtt.default_retry_delay, settings.mqtt.max_retry_delay) == (
        50,
        5,
        300,
    )
    assert settings.mqtt.auto_discovery_enabled
    assert settings.http.bind == "127.0.0.1:8000"
    assert settings.events.bind == "127.0.0.1:8001"
    assert (settings.persist.interval, settings.monitor.interval, settings.log.keep_days) == (5, 30, 7)


def test_what_an_installation_owns_lies_in_its_data_directory_unless_told_otherwise(tmp_path: Path) -> None:
    settings = load(sitewarden={"data_dir": tmp_path})
    assert settings.database_url == f"sqlite:///{tmp_path}/sitewarden.db"
    assert settings.admin_socket == tmp_path / "admin.sock"
    assert settings.log_dir == tmp_path / "logs"

    elsewhere = load(
        sitewarden={"data_dir": tmp_path},
        database={"url": "postgresql://warden@db/warden"},
        admin={"socket": "/run/sitewarden/admin.sock"},
        log={"dir": "/var/log/sitewarden"},
    )
    assert elsewhere.database_url == "postgresql://warden@db/warden"
    assert elsewhere.admin_socket == Path("/run/sitewarden/admin.sock")
    assert elsewhere.log_dir == Path("/var/log/sitewarden")


def test_the_environment_wins_over_dotenv_which_wins_over_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = write(tmp_path / "s.toml", "[mqtt]\nmax_connections = 1\ndefault_retry_delay = 1\nmax_retry_delay = 1\n")
    write(tmp_path / ".env", "MQTT_DEFAULT_RETRY_DELAY=2\nMQTT_MAX_RETRY_DELAY=2\n")
    monkeypatch.setenv("MQTT_MAX_RETRY_DELAY", "3")
    mqtt = load(file).mqtt
    assert (mqtt.max_connections, mqtt.default_retry_delay, mqtt.max_retry_delay) == (1, 2, 3)


@pytest.mark.parametrize("variable", ["SITEWARDEN_DATA_DIR", "ADMIN_SOCKET", "LOG_DIR", "DATABASE_URL", "SECRET_KEYS"])
def test_an_empty_value_in_the_environment_is_none_at_all(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    before = load().model_dump()
    monkeypatch.setenv(variable, "")
    assert load().model_dump() == before


def test_an_embedding_program_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://production/warden")
    assert load(database={"url": None}).database.url is None


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("MQTT_MAX_CONNECTIONS", "many"),
        ("MQTT_MAX_CONNECTIONS", "0"),
        ("MQTT_DEFAULT_RETRY_DELAY", "-5"),
        ("MQTT_RETRY_JITTER", "1.5"),
        ("PERSIST_INTERVAL", "0"),
        ("PERSIST_INTERVAL", "inf"),
        ("MONITOR_INTERVAL", "nan"),
        ("MQTT_START_SPREAD", "inf"),
        ("HTTP_BIND", "8000"),
        ("HTTP_BIND", "127.0.0.1:99999"),
        ("HTTP_BIND", ":8000"),
        ("EVENTS_BIND", "localhost:http"),
        ("LOG_LEVEL", "LOUD"),
        ("MQTT_MAX_CONNECTIONS", "1000001"),
        ("MQTT_CONNECT_TIMEOUT", "601"),
        ("MQTT_PARKED_PROBE_INTERVAL", "1e9"),
        ("MQTT_DEFAULT_RETRY_DELAY", "301"),
        ("MQTT_MAX_RETRY_DELAY", "4"),
        ("MQTT_MAX_RETRY_DELAY", "1e9"),
        ("DIAGNOSIS_LISTEN", "31"),
        ("DIAGNOSIS_TIMEOUT", "601"),
        ("HTTP_THREADS", "1001"),
        ("HTTP_ASK_TIMEOUT", "1e9"),
        ("PERSIST_INTERVAL", "1e9"),
        ("PERSIST_ACK_DELAY", "11"),
        ("MONITOR_INTERVAL", "1e300"),
        ("SUPERVISION_QUARANTINE", "1e9"),
        ("LOG_KEEP_DAYS", "1000000"),
        ("HISTORY_MOST_ROWS", "1" + "0" * 30),
    ],
)
def test_a_bad_value_is_refused_and_its_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsInvalid, match=variable):
        load()


@pytest.mark.parametrize(
    ("one", "value", "other"),
    [
        ("MQTT_DEFAULT_RETRY_DELAY", "301", "MQTT_MAX_RETRY_DELAY"),
        ("MQTT_MAX_RETRY_DELAY", "4", "MQTT_DEFAULT_RETRY_DELAY"),
        ("DIAGNOSIS_LISTEN", "31", "DIAGNOSIS_TIMEOUT"),
        ("DIAGNOSIS_TIMEOUT", "4", "DIAGNOSIS_LISTEN"),
    ],
)
def test_values_that_contradict_each_other_are_both_named(
    monkeypatch: pytest.MonkeyPatch, one: str, value: str, other: str
) -> None:
    monkeypatch.setenv(one, value)
    with pytest.raises(SettingsInvalid) as refused:
        load()
    assert one in str(refused.value)
    assert other in str(refused.value)


def test_every_bad_value_is_named_not_only_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MQTT_MAX_CONNECTIONS", "many")
    monkeypatch.setenv("LOG_LEVEL", "LOUD")
    with pytest.raises(SettingsInvalid) as refused:
        load()
    assert "MQTT_MAX_CONNECTIONS" in str(refused.value)
    assert "LOG_LEVEL" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[mqtt]\nmax_conections = 3\n", "mqtt.max_conections"),
        ("[mqqt]\nmax_connections = 3\n", "mqqt"),
        ("mqtt = 3\n", "mqtt"),
        ("[mqtt\n", "line 1"),
        ("[http]\nbind = 8000\n", "http.bind"),
        ('[sitewarden]\ndata_dir = ""\n', "SITEWARDEN_DATA_DIR .*it is empty"),
        ('[log]\ndir = ""\n', "LOG_DIR .*it is empty"),
    ],
)
def test_what_is_wrong_in_the_settings_file_is_named(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(SettingsInvalid, match=named):
        load(write(tmp_path / "s.toml", text))


def test_a_settings_file_that_is_not_there_is_an_error_not_the_defaults(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match=r"absent\.toml"):
        load(tmp_path / "absent.toml")


@pytest.mark.parametrize(
    ("variable", "value"),
    [("HTTP_PROXY", "http://proxy:3128"), ("LOG", "debug"), ("SECRET", "x"), ("DATABASE", "orders"), ("MQTT_X_Y", "1")],
)
def test_names_that_others_use_in_the_environment_do_no_harm(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    before = load().model_dump()
    monkeypatch.setenv(variable, value)
    assert load().model_dump() == before


def test_no_secret_shows_in_the_settings_or_in_a_complaint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEYS", "canary-key")
    monkeypatch.setenv("SENTRY_DSN", "https://canary-dsn@sentry.example/1")
    assert "canary" not in repr(load())
    monkeypatch.setenv("LOG_LEVEL", "canary-level")
    with pytest.raises(SettingsInvalid) as refused:
        load()
    assert "canary" not in str(refused.value)


def test_the_manual_names_every_setting_in_both_spellings() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
    for section, field in Settings.model_fields.items():
        for name in type(field.default).model_fields:
            assert f"| `{section}_{name}`".upper() in manual
            assert f"| `[{section}] {name}` |" in manual
