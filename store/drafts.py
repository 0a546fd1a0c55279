"""What people write down about a site, validated before it is stored (rows A1 to A3).

A draft says everything about its site: what it leaves out gets its default, also where the stored site has something
else. Only a password that is left out stays as it is.
"""

from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from ..config.bounds import LARGEST_PORT, Factor, Interval
from ..config.settings import MqttSection
from .mqtt_names import check_filter, check_host, check_line, check_prefix, is_below
from .tables import CODE_LENGTH, FILTER_LENGTH, HOST_LENGTH, NAME_LENGTH, PATH_LENGTH

LONGEST_PASSWORD = 2000  # characters
LONGEST_KEEP_ALIVE = 65_535  # seconds; MQTT section 3.1.2.10
MOST_READINGS = 100  # of each sensor, in memory


def check_timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is not a time zone of the IANA database, such as Europe/Rome") from error
    return name


def check_file(path: str) -> str:
    if path and not Path(path).is_absolute():
        raise ValueError(
            f"{path!r} is not an absolute path: write it from / on, for Sitewarden does not run in your directory"
        )
    return path


Name = Annotated[str, Field(max_length=NAME_LENGTH), AfterValidator(check_line)]
SiteCode = Annotated[str, Field(pattern=rf"^[A-Za-z0-9_-]{{1,{CODE_LENGTH}}}$")]
FilePath = Annotated[str, Field(max_length=PATH_LENGTH), AfterValidator(check_line), AfterValidator(check_file)]


class Draft(BaseModel):
    """What all drafts have: a name that we do not know is an error, for it is most often a typing slip."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, hide_input_in_errors=True)


class TopicDraft(Draft):
    """A topic filter to subscribe (row A3). QoS 2 is subscribed at 1."""

    topic_pattern: Annotated[
        str, Field(max_length=FILTER_LENGTH), AfterValidator(check_line), AfterValidator(check_filter)
    ]
    qos_level: Literal[0, 1, 2] = 1
    is_active: bool = True


class ConnectionDraft(Draft):
    """How to reach a site's broker and how to read its devices (row A2). Durations are seconds."""

    broker_host: Annotated[str, Field(max_length=HOST_LENGTH), AfterValidator(check_host)]
    broker_port: int = Field(1883, ge=1, le=LARGEST_PORT)
    username: Name = ""
    password: Annotated[str, Field(max_length=LONGEST_PASSWORD), AfterValidator(check_line)] | None = Field(
        None, repr=False, description="left out: the stored one stays; empty: none"
    )
    client_id_prefix: Name = Field("", description="left empty: sitewarden_ and the site's code")
    topic_prefix: Name = Field("", description="left empty: the site's code")
    tls_mode: Literal["off", "verify", "insecure"] = "off"
    tls_ca_file: FilePath = ""
    tls_certificate_file: FilePath = ""
    tls_key_file: FilePath = ""
    keep_alive_interval: int = Field(30, ge=5, le=LONGEST_KEEP_ALIVE)
    protocol: Literal["3.1.1", "5"] = "3.1.1"
    heartbeat_interval: Interval = 60
    heartbeat_timeout_multiplier: Factor | None = None
    retry_delay: Interval | None = None
    max_retry_delay: Interval | None = None
    max_retries: int = Field(10, ge=1, le=1_000_000)
    rolling_readings: int = Field(3, ge=1, le=MOST_READINGS)
    device_timezone: Annotated[str, Field(max_length=NAME_LENGTH), AfterValidator(check_timezone)] = "UTC"
    discovery_mode: Literal["open", "closed"] = "open"
    is_active: bool = Field(True, description="desired state")
    topics: tuple[TopicDraft, ...] = ()

    @model_validator(mode="after")
    def check_together(self) -> Self:
        """Refuse what is right by itself and wrong together."""
        files = (self.tls_ca_file, self.tls_certificate_file, self.tls_key_file)
        if self.tls_mode == "off" and any(files):
            raise ValueError("tls_mode is off, so no tls_..._file is used: set it to verify, or leave the files out")
        if self.tls_key_file and not self.tls_certificate_file:
            raise ValueError("tls_key_file is of no use without tls_certificate_file")
        if self.retry_delay and self.max_retry_delay and self.retry_delay > self.max_retry_delay:
            raise ValueError("retry_delay is longer than max_retry_delay")
        patterns = [topic.topic_pattern for topic in self.topics]
        for pattern in patterns:
            if patterns.count(pattern) > 1:
                raise ValueError(f"topics: {pattern!r} is there twice")
        return self


class SiteDraft(Draft):
    """A site with its connection and topics, told apart from others by its `code` (row A1)."""

    code: SiteCode
    name: Name = Field("", description="left empty: the code")
    customer: Name = ""
    latitude: float | None = Field(None, ge=-90, le=90)
    longitude: float | None = Field(None, ge=-180, le=180)
    is_active: bool = True
    connection: ConnectionDraft

    @model_validator(mode="after")
    def complete(self) -> Self:
        """Let the code stand where something is left empty; refuse filters that would hear other sites."""
        connection = self.connection
        self.name = self.name or self.code
        self.connection = connection.model_copy(
            update={
                "topic_prefix": check_prefix(connection.topic_prefix or self.code),
                "client_id_prefix": connection.client_id_prefix or f"sitewarden_{self.code}",
            }
        )
        for topic in connection.topics:
            if not is_below(self.connection.topic_prefix, topic.topic_pattern):
                raise ValueError(
                    f"connection.topics: {topic.topic_pattern!r} does not lie below the topic prefix"
                    f" {self.connection.topic_prefix!r}"
                )
        return self

    def with_defaults(self, mqtt: MqttSection) -> "SiteDraft":
        """Return the draft with the installation's defaults where it says nothing."""
        defaults = {
            "heartbeat_timeout_multiplier": mqtt.heartbeat_timeout_multiplier,
            "retry_delay": mqtt.default_retry_delay,
            "max_retry_delay": mqtt.max_retry_delay,
        }
        missing = {name: value for name, value in defaults.items() if getattr(self.connection, name) is None}
        return self.model_copy(update={"connection": self.connection.model_copy(update=missing)})
