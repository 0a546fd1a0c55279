"""Every setting: its default, its unit and its reason.

A setting is a section and a name: `mqtt.max_connections` is `[mqtt] max_connections = 50` in the TOML
file and `MQTT_MAX_CONNECTIONS=50` in the environment or in `.env`. The environment wins over `.env`,
`.env` over the file. Durations are in seconds, sizes in bytes unless the name says otherwise.
"""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from .bounds import (
    LARGEST_PACKET,
    LARGEST_RECEIVE_MAXIMUM,
    LONGEST_ACK_DELAY,
    LONGEST_WAIT,
    MOST_ROWS,
    YEAR,
    Count,
    Days,
    Factor,
    Interval,
    ListenAddress,
    OwnPath,
    Seconds,
    Threads,
    Wait,
)


class SettingsInvalid(Exception):
    """A setting cannot be used; the message names each and says what is wrong."""


class Section(BaseModel):
    """A group of settings.

    Unknown names are let pass here because the environment is shared (`HTTP_PROXY` is not ours); in the settings
    file they are an error.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)


class DataSection(Section):
    """`SITEWARDEN_...`: where the installation keeps what it owns."""

    data_dir: OwnPath = Field(Path("sitewarden-data"), description="database, secret key, logs, admin socket")


class DatabaseSection(Section):
    """`DATABASE_...`"""

    url: str | None = Field(
        None,
        description="`sqlite:///FILE`, `postgresql://USER:PASSWORD@HOST/NAME` or `mysql://...`;"
        " without it SQLite in the data directory",
    )


class MqttSection(Section):
    """`MQTT_...`: what holds for every site unless its connection says otherwise."""

    max_connections: Count = Field(50, description="more sites than this wait as `queued`")
    default_retry_delay: Interval = Field(5, description="seconds before the first retry")
    max_retry_delay: Interval = Field(300, validate_default=True, description="seconds; the backoff grows no further")
    retry_jitter: float = Field(
        0.2, ge=0, lt=1, description="share by which a retry is moved, so that sites do not dial together"
    )
    auto_discovery_enabled: bool = Field(True, description="off: no site takes new devices or topics")
    heartbeat_timeout_multiplier: Factor = Field(3, description="silent intervals until offline")
    parked_probe_interval: float = Field(
        900,
        ge=0,
        le=YEAR,
        description="seconds between two dials of a parked connection; 0: none, until a person restarts it",
    )
    connect_timeout: Wait = Field(10, description="seconds for DNS, TCP and TLS, and again to CONNACK")
    start_spread: float = Field(
        0.05,
        ge=0,
        le=LONGEST_WAIT,
        description="seconds between two dials at boot, so that a fleet does not dial at once",
    )
    read_batch: Count = Field(
        64, description="packets of one site before the others have their turn: one flood starves nobody"
    )
    stall_factor: Factor = Field(
        5,
        description="silence of so many times a site's usual pause has the link tested with a message of our own;"
        " at the latest what makes its devices offline does",
    )
    receive_maximum: int = Field(
        100,
        ge=10,
        le=LARGEST_RECEIVE_MAXIMUM,
        description="unacknowledged messages that a broker of MQTT 5 may have on the way to us: they are acknowledged"
        " when they are written; older brokers have a setting of their own (mosquitto: `max_inflight_messages`)",
    )
    max_payload: int = Field(
        262_144, gt=0, le=LARGEST_PACKET, description="bytes; a larger payload is logged, not parsed"
    )
    max_devices: Count = Field(5_000, description="devices of one site; more are counted, not stored")
    max_topics: Count = Field(5_000, description="discovered topics of one site; more are counted")

    @field_validator("max_retry_delay")
    @classmethod
    def check_order(cls, longest: float, others: ValidationInfo) -> float:
        first = others.data.get("default_retry_delay", longest)
        if longest < first:
            raise ValueError(f"{longest:g} s are less than MQTT_DEFAULT_RETRY_DELAY, {first:g} s")
        return longest


class DiagnosisSection(Section):
    """`DIAGNOSIS_...`: connections looked at on demand."""

    timeout: Wait = Field(30, description="seconds for all stages; each has `mqtt.connect_timeout` at most")
    listen: Wait = Field(
        5, validate_default=True, description="seconds that the last stage waits for a device's message"
    )
    at_once: Threads = Field(2, description="by the API; each holds one of its threads while it waits")

    @field_validator("listen")
    @classmethod
    def check_order(cls, listen: float, others: ValidationInfo) -> float:
        whole = others.data.get("timeout", listen)
        if listen > whole:
            raise ValueError(f"{listen:g} s are more than DIAGNOSIS_TIMEOUT, {whole:g} s for all stages")
        return listen


class HttpSection(Section):
    """`HTTP_...`: the REST API and the page."""

    bind: ListenAddress = Field("127.0.0.1:8000", description="HOST:PORT")
    threads: Threads = Field(16, description="requests answered at once; waitress's 4 let four slow ones block all")
    ask_timeout: Wait = Field(5, description="seconds that a request waits for the actors before 503")


class EventsSection(Section):
    """`EVENTS_...`: the live event stream."""

    bind: ListenAddress = Field("127.0.0.1:8001", description="HOST:PORT")


class PersistSection(Section):
    """`PERSIST_...`"""

    interval: Seconds = Field(5, description="seconds between two writes of readings and counters")
    ack_delay: float = Field(
        0.2,
        ge=0,
        le=LONGEST_ACK_DELAY,
        description="seconds that a message at QoS 1 may wait for others to be written and acknowledged together",
    )


class MonitorSection(Section):
    """`MONITOR_...`"""

    interval: Seconds = Field(30, description="seconds between two looks at the desired state, as a safety net")


class SupervisionSection(Section):
    """`SUPERVISION_...`: how often a part of ours that fails is begun again (row B9; OTP's intensity and period)."""

    restart_limit: Count = Field(
        5, description="restarts of one part within the period; past it the failure is its parent's"
    )
    restart_period: Seconds = Field(60, description="seconds; a failure that is older is forgiven")
    restart_delay: Seconds = Field(
        1,
        description="seconds before the second restart within the period, doubled for each more; the first is at once,"
        " so that nothing is lost",
    )
    quarantine: Seconds = Field(300, description="seconds until a site whose restarts are used up is tried again")


class AdminSection(Section):
    """`ADMIN_...`"""

    socket: OwnPath | None = Field(None, description="local socket for `status`; `admin.sock` in the data directory")


class LogSection(Section):
    """`LOG_...`"""

    dir: OwnPath | None = Field(None, description="directory of the log files; `logs` in the data directory")
    level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="least level that is logged")
    keep_days: Days = Field(7, description="days that a rotated log file is kept")


class HistorySection(Section):
    """`HISTORY_...`: how much is kept of what happened."""

    keep_days: Days = Field(
        90,
        description="days that a line is kept of the logs in the database: connections, faults, devices' events, gaps",
    )
    most_rows: int = Field(
        100_000,
        gt=0,
        le=MOST_ROWS,
        description="lines of each of these logs; more go, oldest first, so that a flapping site fills no disk",
    )
    prune_interval: Seconds = Field(3600, description="seconds between two looks for what is to go")


class SecretSection(Section):
    """`SECRET_...`"""

    keys: str | None = Field(
        None,
        description="Fernet keys, comma-separated, newest first; without it `secret.key` in the data directory",
        repr=False,
    )


class SentrySection(Section):
    """`SENTRY_...`"""

    dsn: str | None = Field(None, description="where errors are reported", repr=False)


class Settings(BaseSettings):
    """All settings of one installation. Construct through `load`, which gives readable errors."""

    model_config = SettingsConfigDict(
        env_nested_delimiter="_",
        env_nested_max_split=1,
        env_file=".env",
        env_ignore_empty=True,  # `NAME=` is how a shell or a unit file takes a setting back
        extra="ignore",
        frozen=True,
    )

    sitewarden: DataSection = DataSection()
    database: DatabaseSection = DatabaseSection()
    mqtt: MqttSection = MqttSection()
    diagnosis: DiagnosisSection = DiagnosisSection()
    http: HttpSection = HttpSection()
    events: EventsSection = EventsSection()
    persist: PersistSection = PersistSection()
    monitor: MonitorSection = MonitorSection()
    supervision: SupervisionSection = SupervisionSection()
    admin: AdminSection = AdminSection()
    log: LogSection = LogSection()
    history: HistorySection = HistorySection()
    secret: SecretSection = SecretSection()
    sentry: SentrySection = SentrySection()

    @property
    def data_dir(self) -> Path:
        return self.sitewarden.data_dir

    @property
    def database_url(self) -> str:
        return self.database.url or f"sqlite:///{self.data_dir.absolute() / 'sitewarden.db'}"

    @property
    def admin_socket(self) -> Path:
        return self.admin.socket or self.data_dir / "admin.sock"

    @property
    def log_dir(self) -> Path:
        return self.log.dir or self.data_dir / "logs"


def load(file: Path | None = None, **overrides: Any) -> Settings:
    """Read the settings of an installation.

    `overrides` are sections as dictionaries and win over everything (an embedding program, a test).
    Raises `SettingsInvalid` naming each setting that cannot be used.
    """

    class FromFile(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            toml = (TomlConfigSettingsSource(settings_cls, file),) if file else ()
            for source in (env_settings, dotenv_settings):
                forget_bare_names(source)
            return init_settings, env_settings, dotenv_settings, *toml

    if file is not None:
        check_names(file)
    try:
        return FromFile(**overrides)
    except ValidationError as error:
        raise SettingsInvalid("\n".join(describe(problem) for problem in error.errors())) from error


def forget_bare_names(source: PydanticBaseSettingsSource) -> None:
    """Let `LOG=debug` or `SECRET=...` of another program pass: a section's own name would be read as JSON."""
    if isinstance(source, EnvSettingsSource):
        source.env_vars = {name: value for name, value in source.env_vars.items() if name not in Settings.model_fields}


def check_names(file: Path) -> None:
    """Refuse a settings file with a name that we do not know: it is most often a typing slip."""
    try:
        sections = tomllib.loads(file.read_text())
    except FileNotFoundError as error:
        raise SettingsInvalid(f"{file}: there is no such settings file") from error
    except (OSError, ValueError) as error:
        raise SettingsInvalid(f"{file}: {error}") from error
    for name, section in sections.items():
        known = Settings.model_fields.get(name)
        if known is None or not isinstance(section, dict):
            raise SettingsInvalid(f"{file}: [{name}] is not a section; there are {', '.join(Settings.model_fields)}")
        names = known.default.__class__.model_fields
        for unknown in section.keys() - names.keys():
            raise SettingsInvalid(f"{file}: {name}.{unknown} is not a setting; [{name}] has {', '.join(names)}")


def describe(problem: Any) -> str:
    """Name the setting as in the environment and in the file, and say what is wrong, without a secret."""
    path = [str(part) for part in problem["loc"]]
    return f"{'_'.join(path).upper()} ({'.'.join(path)}): {problem['msg'].removeprefix('Value error, ')}"
