"""A diagnosis names the stage that fails, what is so and what to do about it, against brokers that are so (row B15)."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import paho.mqtt.publish as mqtt
import pytest
from servers.certificates import Authority, TlsListener
from servers.dynamic_security import refusing_subscriptions
from servers.mosquitto import Mosquitto
from servers.ports import HOST, free_port
from servers.process import wait_until
from sitewarden.actors.diagnosis import Limits, diagnose, is_fine
from sitewarden.actors.presence import Presence
from sitewarden.actors.stages import Outcome, Stage
from sitewarden.actors.trial import Trial, trial_of
from sitewarden.config.settings import MqttSection
from sitewarden.store.drafts import ConnectionDraft, SiteDraft, TopicDraft

from .bad_brokers import black_hole, kicking, kicking_after_connack, mute

# Seconds. What hangs takes them all.
LIMITS = Limits(stage=5, listen=0.5, total=20)
DEADLINE = 20.0
HASTY = Limits(stage=1, listen=0.5, total=20)

INSTALLATION = "abcd1234"
PASSWORD = "canary-of-the-broker"
NAMES = ("dns", "tcp", "tls", "connack", "suback", "data")

A_DAY = timedelta(days=1)
numbers = itertools.count()

Diagnose = Callable[..., dict[str, Stage]]
MakeBroker = Callable[..., Mosquitto]


def trial(port: int, **connection: Any) -> Trial:
    """A connection with a prefix that no other test has; its password must show up nowhere."""
    fields = {"broker_host": HOST, "broker_port": port, "username": "field", **connection}
    draft = SiteDraft(code=f"diagnosed_{next(numbers)}", connection=ConnectionDraft(**fields))
    return trial_of(draft, PASSWORD, INSTALLATION, MqttSection())


def look(port: int, limits: Limits = LIMITS, **connection: Any) -> dict[str, Stage]:
    """Diagnose, and give the stages by name, the last of each."""
    return check(list(diagnose(trial(port, **connection), limits)))


def check(stages: list[Stage]) -> dict[str, Stage]:
    assert PASSWORD not in str(stages)
    assert [name for name, _ in itertools.groupby(stage.name for stage in stages)] == list(NAMES)
    assert all(stage.advice for stage in stages if stage.outcome is Outcome.FAILED)
    return {stage.name: stage for stage in stages}


def assert_failed(stages: dict[str, Stage], name: str, result: str, advice: str) -> None:
    """One stage has failed, in these words; those before it went well and those after it were not tried."""
    failed = stages[name]
    assert failed.outcome is Outcome.FAILED, stages
    assert result in failed.result
    assert advice in failed.advice
    before, after = NAMES[: NAMES.index(name)], NAMES[NAMES.index(name) + 1 :]
    assert not is_fine([failed])
    assert is_fine([stages[earlier] for earlier in before])
    for later in after:
        assert stages[later].outcome is Outcome.SKIPPED
        assert f"because {name} failed" in stages[later].result


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def bad_ports() -> Iterator[ExitStack]:
    with ExitStack() as open_ports:
        yield open_ports


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
def test_a_good_connection_is_told_stage_by_stage(mosquitto: Mosquitto, protocol: str) -> None:
    tried = trial(mosquitto.port, broker_host="localhost", protocol=protocol)
    stages = check(list(diagnose(tried, LIMITS)))
    assert is_fine(list(stages.values()))
    assert stages["dns"].result == HOST
    assert f"{HOST} port {mosquitto.port}" in stages["tcp"].result
    assert stages["tls"].outcome is Outcome.SKIPPED
    assert tried.target.client_id in stages["connack"].result
    assert tried.live_client_id in stages["connack"].result
    assert stages["suback"].result == f"{tried.topic_prefix}/#: granted QoS 1"


def test_it_leaves_nothing_at_the_broker_and_does_not_disturb_the_live_link(mosquitto: Mosquitto) -> None:
    tried = trial(mosquitto.port)
    list(diagnose(tried, HASTY))
    assert wait_until(lambda: f"Client {tried.target.client_id} disconnected." in mosquitto.log.read_text(), DEADLINE)
    assert f"as {tried.target.client_id} (p2, c1," in mosquitto.log.read_text()  # a clean session
    assert tried.live_client_id not in mosquitto.log.read_text()
    assert trial(mosquitto.port).target.client_id != tried.target.client_id


def test_each_filter_has_a_stage_of_its_own(mosquitto: Mosquitto) -> None:
    patterns = ("diagnosed/a/#", "diagnosed/b/+")
    topics = tuple(TopicDraft(topic_pattern=pattern) for pattern in patterns)
    tried = trial(mosquitto.port, topic_prefix="diagnosed", discovery_mode="closed", topics=topics)
    results = [stage.result for stage in diagnose(tried, HASTY) if stage.name == "suback"]
    assert results == [f"{name}: granted QoS 1" for name in (*patterns, "diagnosed/backend/status")]


def test_the_first_data_tells_live_from_retained_and_names_our_own_presence(mosquitto: Mosquitto) -> None:
    tried = trial(mosquitto.port)
    presence = Presence("online", tried.live_client_id, running_since=1.0, dialled_at=2.0).encode()
    for topic, payload in ((tried.presence_topic, presence), (f"{tried.topic_prefix}/gateway/heartbeat", "{}")):
        mqtt.single(topic, payload, qos=1, retain=True, hostname=HOST, port=mosquitto.port)
    [data] = [stage for stage in diagnose(tried, HASTY) if stage.name == "data"]
    assert data.outcome is Outcome.OK
    assert "nothing live" in data.result
    assert "1 retained" in data.result
    assert "the site's own link says that it is online" in data.result


def test_a_live_message_ends_the_waiting(mosquitto: Mosquitto) -> None:
    tried = trial(mosquitto.port)
    stages = diagnose(tried, Limits(stage=5, listen=60, total=100))
    for stage in stages:
        if stage.name == "suback":
            break
    topic = f"{tried.topic_prefix}/gateway/heartbeat"
    mqtt.single(topic, "{}", qos=1, hostname=HOST, port=mosquitto.port)
    [data] = stages
    assert data.result == f"live from {topic}"


def test_where_nothing_comes_at_all_it_is_a_warning_that_says_what_may_be_so(mosquitto: Mosquitto) -> None:
    data = look(mosquitto.port, HASTY)["data"]
    assert data.outcome is Outcome.WARNING
    assert "access list" in data.advice


def test_another_who_says_presence_under_our_prefix_is_named(mosquitto: Mosquitto) -> None:
    tried = trial(mosquitto.port)
    other = Presence("online", "somebody\x1b[2J", running_since=1.0, dialled_at=2.0).encode()
    mqtt.single(tried.presence_topic, other, retain=True, hostname=HOST, port=mosquitto.port)
    [data] = [stage for stage in diagnose(tried, HASTY) if stage.name == "data"]
    assert "somebody" in data.result
    assert "\x1b" not in data.result


def test_a_name_that_does_not_exist_fails_at_dns() -> None:
    assert_failed(look(1883, broker_host="broker.invalid"), "dns", "broker.invalid", "broker_host")


def test_a_closed_port_fails_at_tcp() -> None:
    assert_failed(look(free_port()), "tcp", "refused", "broker_port")


def test_a_black_hole_fails_at_tcp_in_time(bad_ports: ExitStack) -> None:
    port = bad_ports.enter_context(black_hole())
    assert_failed(look(port, HASTY), "tcp", "did not answer in time", "firewall")


def test_a_port_that_never_answers_connect_fails_at_connack(bad_ports: ExitStack) -> None:
    port = bad_ports.enter_context(mute())
    assert_failed(look(port, HASTY), "connack", "never answered CONNECT", "a broker listens on this port")


def test_a_port_that_closes_at_once_fails_at_connack(bad_ports: ExitStack) -> None:
    port = bad_ports.enter_context(kicking())
    assert_failed(look(port, HASTY), "connack", "closed the connection", "log")


def test_a_broker_that_closes_when_we_subscribe_fails_at_suback(bad_ports: ExitStack) -> None:
    port = bad_ports.enter_context(kicking_after_connack())
    stages = look(port, HASTY)
    assert_failed(stages, "suback", "the broker closed the connection when we subscribed", "Look into the broker's log")


def test_the_time_for_all_of_it_is_a_limit_too(mosquitto: Mosquitto) -> None:
    stages = list(diagnose(trial(mosquitto.port), Limits(stage=5, listen=5, total=0)))
    assert "not tried" in stages[0].result
    assert not is_fine(stages)


def test_a_wrong_password_fails_at_connack_and_says_under_which_name_it_was_tried(
    private_mosquitto: MakeBroker,
) -> None:
    broker = private_mosquitto(["allow_anonymous false"])
    stages = look(broker.port)
    assert_failed(stages, "connack", "let us in", "username and password")
    assert "_diagnosis_" in stages["connack"].advice
    assert INSTALLATION in stages["connack"].advice


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
def test_a_refused_subscription_fails_and_names_its_filter_and_the_others_are_told_too(
    private_mosquitto: MakeBroker, tmp_path: Path, protocol: str
) -> None:
    broker = private_mosquitto(refusing_subscriptions(tmp_path, "diagnosed/a/#"))
    topics = tuple(TopicDraft(topic_pattern=pattern) for pattern in ("diagnosed/a/#", "diagnosed/b/#"))
    fields = {"topic_prefix": "diagnosed", "discovery_mode": "closed", "protocol": protocol, "username": ""}
    stages = list(diagnose(trial(broker.port, topics=topics, **fields), HASTY))
    told = {stage.result: stage.outcome for stage in stages if stage.name == "suback"}
    assert told == {
        "diagnosed/a/#: granted QoS 1": Outcome.OK,
        "diagnosed/b/#: refused": Outcome.FAILED,
        "diagnosed/backend/status: refused": Outcome.FAILED,
    }
    assert_failed(check(stages), "suback", "refused", "access list")


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
def test_a_verified_certificate_is_told_with_its_chain_and_its_days(
    private_mosquitto: MakeBroker, authority: Authority, protocol: str
) -> None:
    listener = TlsListener(authority.issue())
    private_mosquitto(listener.config)
    stages = look(listener.port, tls_mode="verify", tls_ca_file=str(authority.file), protocol=protocol)
    assert is_fine(list(stages.values()))
    assert stages["tls"].outcome is Outcome.OK
    assert stages["tls"].result.startswith("TLSv1.3, TLS_")
    assert f"CN={HOST} (issuer CN=The test's CA, expires in 36" in stages["tls"].result
    assert stages["connack"].outcome is Outcome.OK


def test_a_certificate_that_expires_soon_is_a_warning(private_mosquitto: MakeBroker, authority: Authority) -> None:
    listener = TlsListener(authority.issue(valid_until=datetime.now(UTC) + 20 * A_DAY))
    private_mosquitto(listener.config)
    tls = look(listener.port, tls_mode="verify", tls_ca_file=str(authority.file))["tls"]
    assert tls.outcome is Outcome.WARNING
    assert "expires in 19 days" in tls.result
    assert f"Renew the certificate CN={HOST}" in tls.advice


def test_a_certificate_that_nobody_verifies_is_a_warning(private_mosquitto: MakeBroker, authority: Authority) -> None:
    listener = TlsListener(authority.issue("elsewhere.example"))
    private_mosquitto(listener.config)
    stages = look(listener.port, tls_mode="insecure")
    assert is_fine(list(stages.values()))
    assert stages["tls"].outcome is Outcome.WARNING
    assert "none of it is verified" in stages["tls"].result


def test_an_expired_certificate_says_since_when(private_mosquitto: MakeBroker, authority: Authority) -> None:
    since = datetime.now(UTC) - 40 * A_DAY
    listener = TlsListener(authority.issue(valid_until=since))
    private_mosquitto(listener.config)
    stages = look(listener.port, tls_mode="verify", tls_ca_file=str(authority.file))
    assert_failed(stages, "tls", f"expired on {since:%Y-%m-%d}", "Renew it at the broker")


def test_a_certificate_of_an_unknown_ca_names_it_and_all_else_that_is_wrong(
    private_mosquitto: MakeBroker, authority: Authority, tmp_path: Path
) -> None:
    listener = TlsListener(Authority(tmp_path, "Somebody else's CA").issue("elsewhere.example"))
    private_mosquitto(listener.config)
    stages = look(listener.port, tls_mode="verify", tls_ca_file=str(authority.file))
    assert_failed(stages, "tls", "signed by CN=Somebody else's CA", "tls_ca_file")
    assert f"is for elsewhere.example, not for {HOST}" in stages["tls"].result


def test_a_certificate_of_another_host_says_whose_it_is(private_mosquitto: MakeBroker, authority: Authority) -> None:
    listener = TlsListener(authority.issue("broker.example", names=["broker.example", "10.0.0.1"]))
    private_mosquitto(listener.config)
    stages = look(listener.port, tls_mode="verify", tls_ca_file=str(authority.file))
    assert_failed(stages, "tls", f"is for broker.example, 10.0.0.1, not for {HOST}", "broker_host")


def test_a_plain_port_spoken_to_with_tls_is_told(mosquitto: Mosquitto) -> None:
    stages = look(mosquitto.port, tls_mode="verify")
    assert_failed(stages, "tls", "speaks MQTT without TLS", "8883")


def test_a_tls_port_spoken_to_without_tls_is_told(private_mosquitto: MakeBroker, authority: Authority) -> None:
    listener = TlsListener(authority.issue())
    private_mosquitto(listener.config)
    assert_failed(look(listener.port), "connack", "speaks TLS, and tls_mode is off", "tls_mode to verify")


def test_a_broker_that_asks_for_our_certificate_says_so(private_mosquitto: MakeBroker, authority: Authority) -> None:
    listener = TlsListener(authority.issue(), f"cafile {authority.file}", "require_certificate true")
    private_mosquitto(listener.config)
    tls = {"tls_mode": "verify", "tls_ca_file": str(authority.file)}
    assert_failed(look(listener.port, **tls), "connack", "certificate required", "tls_certificate_file")
    own = authority.issue("the client")
    stages = look(
        listener.port, **tls, tls_certificate_file=str(own.certificate), tls_key_file=str(own.key), username=""
    )
    assert stages["connack"].outcome is Outcome.OK


def test_a_certificate_file_that_is_not_there_fails_at_tls(mosquitto: Mosquitto, tmp_path: Path) -> None:
    missing = str(tmp_path / "no.pem")
    stages = look(mosquitto.port, tls_mode="verify", tls_ca_file=missing)
    assert_failed(stages, "tls", f"tls_ca_file {missing}", "Correct the path")


def test_a_certificate_file_that_is_none_fails_at_tls(mosquitto: Mosquitto, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate\n")
    stages = look(mosquitto.port, tls_mode="verify", tls_ca_file=str(tmp_path / "ca.pem"))
    assert_failed(stages, "tls", "holds no certificate in PEM", "Set tls_ca_file")
