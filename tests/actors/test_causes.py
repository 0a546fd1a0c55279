"""Each kind of failure comes of a real cause, with the fix in words (row B7)."""

import math
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from cryptography.hazmat.primitives import serialization
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from servers.certificates import Authority, TlsListener
from servers.dynamic_security import refusing_subscriptions
from servers.mosquitto import Mosquitto
from servers.ports import free_port
from servers.process import wait_until
from sitewarden.actors.messages import GetSite, SiteReport
from sitewarden.actors.takeover import SHORT_LIFE
from sitewarden.store.records import Status
from sitewarden.store.secrets import Secrets

from .bad_brokers import black_hole, disconnecting, kicking_after_connack, speaking_http
from .field import ASK_SECONDS, DEADLINE, Field

MakeBroker = Callable[..., Mosquitto]
MakeField = Callable[..., Field]

# So long that the test sees but one attempt, and so short that it sees many; seconds.
ONCE = 100.0
AT_ONCE = 0.1

SHORTEST_KEEP_ALIVE = 5  # seconds


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def fail(field: Field, kind: str, words: str, **connection: Any) -> None:
    """Connect a site, and see that this is how it fails."""
    field.save("north", **{"retry_delay": ONCE, **connection})
    field.start()
    wait_for_failure(field, kind, words)


def wait_for_failure(field: Field, kind: str, words: str) -> None:
    """Wait until this is the failure that is shown."""
    # Before the actors have read it from the database, a site is not known to them.
    question = GetSite(field.id("north"))

    def has_failed() -> bool:
        answer = field.runtime.ask(question, ASK_SECONDS)
        if not isinstance(answer, SiteReport):
            return False
        return answer.state.error_kind == kind and words in answer.state.error_message

    assert wait_until(has_failed, DEADLINE), field.runtime.ask(question, ASK_SECONDS)


# DNS and TCP


def test_a_name_that_is_not_there_is_dns(field: Field) -> None:
    fail(field, "dns", "broker.invalid: the name cannot be resolved", broker_host="broker.invalid")


def test_a_port_on_which_nobody_listens_is_refused(field: Field) -> None:
    fail(field, "refused", "is the broker running on this port?", broker_port=free_port())


def test_a_black_hole_is_a_time_out(make_field: MakeField) -> None:
    with black_hole() as port:
        fail(make_field(mqtt={"connect_timeout": 0.5}), "timeout", "did not answer in time", broker_port=port)


# TLS


@pytest.fixture
def secured(private_mosquitto: MakeBroker, make_field: MakeField) -> Callable[..., Field]:
    """Make a field whose broker has this port for TLS too."""

    def make(listener: TlsListener) -> Field:
        return make_field(private_mosquitto(listener.config))

    return make


def tls(listener: TlsListener, authority: Authority, **more: Any) -> dict[str, Any]:
    return {"broker_port": listener.port, "tls_mode": "verify", "tls_ca_file": str(authority.file), **more}


def test_a_certificate_that_is_accepted_connects(secured: Callable[..., Field], authority: Authority) -> None:
    listener = TlsListener(authority.issue())
    field = secured(listener)
    field.save("north", **tls(listener, authority))
    field.connect("north")


def test_a_certificate_of_a_ca_that_we_do_not_trust_is_tls(
    secured: Callable[..., Field], authority: Authority, tmp_path: Path
) -> None:
    listener = TlsListener(Authority(tmp_path, "another CA").issue())
    fail(secured(listener), "tls", "is signed by CN=another CA", **tls(listener, authority))


def test_a_certificate_that_has_expired_is_tls_and_says_since_when(
    secured: Callable[..., Field], authority: Authority
) -> None:
    since = datetime.now(UTC) - timedelta(days=40)
    listener = TlsListener(authority.issue(valid_until=since))
    fail(secured(listener), "tls", f"expired on {since:%Y-%m-%d}", **tls(listener, authority))


def test_a_certificate_of_another_host_is_tls_and_says_whose_it_is(
    secured: Callable[..., Field], authority: Authority
) -> None:
    listener = TlsListener(authority.issue("broker.example"))
    fail(secured(listener), "tls", "the certificate is for broker.example", **tls(listener, authority))


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
def test_a_broker_that_wants_a_certificate_of_ours_is_tls(
    secured: Callable[..., Field], authority: Authority, protocol: str
) -> None:
    """Since TLS 1.3 it says so after the handshake, when CONNECT is on its way."""
    listener = TlsListener(authority.issue(), f"cafile {authority.file}", "require_certificate true")
    fail(secured(listener), "tls", "tls_certificate_file", **tls(listener, authority, protocol=protocol))


def test_tls_on_a_port_without_is_cut_and_asked_after(field: Field, authority: Authority) -> None:
    """A broker that goes down looks the same: it is no proof, and does not park."""
    fail(
        field,
        "kicked",
        "does it speak TLS on this port?",
        broker_port=field.broker.port,
        tls_mode="verify",
        tls_ca_file=str(authority.file),
    )


def test_no_tls_on_a_port_with_is_cut_and_asked_after(secured: Callable[..., Field], authority: Authority) -> None:
    listener = TlsListener(authority.issue())
    fail(secured(listener), "kicked", "does it expect TLS on this port", broker_port=listener.port)


# What is configured


def test_a_wrong_password_is_auth(private_mosquitto: MakeBroker, make_field: MakeField) -> None:
    field = make_field(private_mosquitto(["allow_anonymous false"]))
    fail(field, "auth", "check username and password", username="field", password="wrong")


def test_a_certificate_file_that_is_gone_is_config(field: Field, authority: Authority) -> None:
    own = authority.issue("the client")
    own.certificate.unlink()
    connection = {"tls_certificate_file": str(own.certificate), "tls_key_file": str(own.key)}
    fail(field, "config", f"tls_certificate_file {own.certificate}", tls_mode="verify", **connection)


def test_a_key_that_is_encrypted_is_config_and_nobody_is_asked_for_its_password(
    field: Field, authority: Authority
) -> None:
    own = authority.issue("the client")
    key = serialization.load_pem_private_key(own.key.read_bytes(), None)
    sealing = serialization.BestAvailableEncryption(b"secret")
    own.key.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, sealing))
    connection = {"tls_certificate_file": str(own.certificate), "tls_key_file": str(own.key)}
    fail(field, "config", "with its unencrypted key", tls_mode="verify", **connection)


def test_a_password_that_was_sealed_with_another_key_is_config(field: Field) -> None:
    field.save("north", username="field", password="secret", retry_delay=ONCE)
    field.store.secrets = Secrets.load(None, field.directory / "another.key")
    field.start()
    wait_for_failure(field, "config", "")


def test_what_is_no_mqtt_broker_is_config(field: Field) -> None:
    with speaking_http() as port:
        fail(field, "config", "is no broker of MQTT 3.1.1", broker_port=port)


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
def test_a_refused_subscription_is_acl_and_names_its_filter(
    private_mosquitto: MakeBroker, make_field: MakeField, tmp_path: Path, protocol: str
) -> None:
    field = make_field(private_mosquitto(refusing_subscriptions(tmp_path)))
    fail(field, "acl", f"subscribe to {field.code('north')}/#", protocol=protocol)
    assert field.state("north").last_connected_at is None


# What a broker does to a link


def client_id(field: Field) -> str:
    return f"sitewarden_{field.code('north')}_{field.store.installation_id()}"


@contextmanager
def rival(field: Field, protocol: str) -> Iterator[mqtt.Client]:
    """Another client with our id, which dials again a second after it was thrown out."""
    version = MQTTProtocolVersion.MQTTv5 if protocol == "5" else MQTTProtocolVersion.MQTTv311
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id(field), protocol=version)
    client.connect(field.broker.host, field.broker.port)
    client.loop_start()
    try:
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
def test_another_client_with_our_id_is_taken_over_and_named(field: Field, protocol: str) -> None:
    field.save("north", retry_delay=AT_ONCE, protocol=protocol)
    field.connect("north")
    named = f"another client has connected with our client id {client_id(field)}"
    with rival(field, protocol):
        # Looked for in the log: the link is open again soon.
        assert wait_until(lambda: any(named in entry.message for entry in field.connection_log("north")), DEADLINE)


def test_a_copy_of_our_database_is_found_out_by_what_it_says_of_itself(
    private_mosquitto: MakeBroker, make_field: MakeField, tmp_path: Path
) -> None:
    """Its links, and ours, hold too long to look as if they were fought over."""
    ours = make_field(private_mosquitto())
    ours.save("north", retry_delay=ONCE)
    assert ours.store.installation_id()  # made when it is first asked for
    directory = shutil.copytree(ours.directory, tmp_path / "copy" / ours.directory.name)
    with closing(Field(directory, ours.broker)) as copy:
        ours.connect("north")
        ours.clock.advance(2 * SHORT_LIFE)
        copy.connect("north")
        wait_for_failure(ours, "kicked", "was lost")
        ours.clock.advance(ONCE)
        ours.wait_for_status("north", Status.CONNECTED)
        ours.clock.advance(2 * SHORT_LIFE)
        copy.wait_for_status("north", Status.BACKING_OFF)
        copy.clock.advance(ONCE)
        wait_for_failure(ours, "taken_over", "a copy of this installation's database")


def test_a_broker_that_kicks_right_after_connack_is_kicked_however_often(field: Field) -> None:
    with kicking_after_connack() as port:
        fail(field, "kicked", "was lost", broker_port=port, retry_delay=AT_ONCE, max_retry_delay=AT_ONCE)
        assert wait_until(lambda: field.state("north").connection_errors >= 4, DEADLINE)
        wait_for_failure(field, "kicked", "was lost")


def test_a_broker_that_goes_away_is_kicked_and_then_refused(
    private_mosquitto: MakeBroker, make_field: MakeField
) -> None:
    broker = private_mosquitto()
    field = make_field(broker)
    field.save("north", retry_delay=ONCE)
    field.connect("north")
    broker.stop()
    wait_for_failure(field, "kicked", "was lost")
    field.clock.advance(ONCE)
    wait_for_failure(field, "refused", "")


def test_a_broker_that_is_frozen_is_noticed_by_its_pings(private_mosquitto: MakeBroker, make_field: MakeField) -> None:
    broker = private_mosquitto()
    field = make_field(broker)
    field.save("north", retry_delay=ONCE, keep_alive_interval=SHORTEST_KEEP_ALIVE)
    field.connect("north")
    broker.freeze()
    frozen_at = field.clock().epoch
    wait_for_failure(field, "keepalive", "no longer answers our pings")
    # What came to be missing did so from then on, not only from when we noticed.
    assert (field.state("north").disconnected_at or math.inf) < frozen_at + SHORTEST_KEEP_ALIVE
    broker.thaw()


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (0x8E, "taken_over", "another client has connected with our client id"),
        (0x8B, "kicked", "Server shutting down"),
        (0x87, "auth", "Not authorized"),
    ],
)
def test_a_broker_of_mqtt_5_that_says_why_it_disconnects_us_is_believed(
    field: Field, code: int, kind: str, words: str
) -> None:
    """Mosquitto says nothing, whatever the version."""
    with disconnecting(code) as port:
        fail(field, kind, words, broker_port=port, protocol="5")
