"""What becomes of a message, decided without a broker and without actors (rows C2, C7, C9 and D7)."""

from typing import Any

import pytest
from sitewarden.actors.events import Arrived
from sitewarden.actors.messages import Now
from sitewarden.actors.parsing.datalogger_heartbeat import PARSER
from sitewarden.actors.parsing.registry import Registry
from sitewarden.actors.reception import PAUSED, PROCESSED, REFUSED, UNPROCESSABLE, Reception
from sitewarden.config.settings import MqttSection
from sitewarden.store.drafts import ConnectionDraft
from sitewarden.store.records import ConnectionRecord, ErrorType, SiteConfiguration, SiteRecord, TopicRecord

NOW = Now(1_760_450_236.0, 100.0)
TOPIC = "s/datalogger/monstro/1/heartbeat"
HEARTBEAT = b'{"heart_beat": "s"}'


def configuration(*topics: TopicRecord) -> SiteConfiguration:
    decided: dict[str, Any] = ConnectionDraft(broker_host="broker").model_dump(exclude={"password", "topics"})
    decided |= {"id": 1, "site_id": 1, "sealed_password": "", "topic_prefix": "s"}
    site = SiteRecord(1, "s", "s", "", None, None, True, 0.0, 0.0)
    return SiteConfiguration(site, ConnectionRecord(**decided), topics)


def reception(*topics: TopicRecord, **settings: Any) -> Reception:
    return Reception(configuration(*topics), MqttSection(**settings), Registry([PARSER]), ())


def arrived(
    topic: str | None = TOPIC,
    payload: bytes = HEARTBEAT,
    qos: int = 1,
    retain: bool = False,
    dup: bool = False,
    packet_id: int = 1,
) -> Arrived:
    return Arrived(topic, payload, qos, retain, dup, NOW, packet_id)


def test_a_message_is_processed_and_its_topic_is_new_once() -> None:
    site = reception()
    first, second = site.receive(arrived()), site.receive(arrived())
    assert (first.outcome, second.outcome) == (PROCESSED, PROCESSED)
    assert first.new_topic is not None
    assert first.new_topic.topic_path == TOPIC
    assert second.new_topic is None
    assert [observation.slot for observation in second.observations] == ["monstro/1"]


# (message, outcome, error type, message in the log)
REFUSALS = [
    (arrived(topic=None), ErrorType.PARSE, "the topic is not UTF-8"),
    (arrived(topic="s2/gateway"), ErrorType.VALIDATION, "the topic is not below s/"),
    (arrived(topic="s"), ErrorType.VALIDATION, "the topic is not below s/"),
    (arrived(payload=b"\xff"), ErrorType.PARSE, "payload: not UTF-8"),
    (arrived(payload=b""), ErrorType.PARSE, "payload: empty"),
    (arrived(payload=b'{"heart_beat": "other"}'), ErrorType.VALIDATION, "heart_beat: does not name this site"),
    (
        arrived(topic="s/datalogger/monstro/01/heartbeat"),
        ErrorType.VALIDATION,
        "topic segment instance: not",
    ),
]


@pytest.mark.parametrize(("message", "error_type", "text"), REFUSALS)
def test_a_refused_message_is_logged_and_observes_nothing(message: Arrived, error_type: ErrorType, text: str) -> None:
    received = reception().receive(message)
    assert received.outcome == REFUSED
    assert received.observations == ()
    assert received.fault is not None
    assert received.fault.error_type is error_type
    assert received.fault.message.startswith(text)
    assert (received.fault.first_at, received.fault.last_at) == (NOW.epoch, NOW.epoch)


def test_a_payload_that_is_too_large_is_refused_before_it_is_read() -> None:
    received = reception(max_payload=10).receive(arrived())
    assert received.fault is not None
    assert received.fault.message == "payload: larger than 10 bytes"


def test_the_sample_of_a_fault_is_cut() -> None:
    received = reception().receive(arrived(payload=b"x" * 20_000))
    assert received.fault is not None
    assert received.fault.sample_payload == "x" * 5_000


def test_a_topic_that_nobody_reads_is_entered_without_an_error() -> None:
    received = reception().receive(arrived(topic="s/camera", payload=b"\xff\xd8"))
    assert (received.outcome, received.fault) == (UNPROCESSABLE, None)
    assert received.new_topic is not None
    assert not received.new_topic.is_processable


def test_an_empty_retained_message_only_clears_what_the_broker_kept() -> None:
    received = reception().receive(arrived(payload=b"", retain=True))
    assert (received.outcome, received.fault) == (UNPROCESSABLE, None)


def test_two_equal_messages_are_two_messages() -> None:
    site = reception()
    outcomes = [site.receive(arrived(qos=qos)).outcome for qos in (1, 1, 0, 0)]
    assert outcomes == [PROCESSED] * 4


def test_a_paused_topic_and_one_that_people_made_inactive_are_counted_and_not_read() -> None:
    site = reception(TopicRecord(1, 1, "s/datalogger/adaq/#", 1, False))
    site.receive(arrived())
    site.catalogue.pause(TOPIC, False)
    assert site.receive(arrived()).outcome == PAUSED
    assert site.receive(arrived(topic="s/datalogger/adaq/1/heartbeat")).outcome == PAUSED
    assert [topic.message_count for topic in site.catalogue.records()] == [2, 1]


def test_a_topic_is_read_if_one_of_the_filters_that_match_it_is_active() -> None:
    site = reception(
        TopicRecord(1, 1, "s/datalogger/#", 1, False), TopicRecord(2, 1, "s/datalogger/monstro/+/heartbeat", 1, True)
    )
    assert site.receive(arrived()).outcome == PROCESSED


def test_what_a_catalogue_remembers_goes_on_counting() -> None:
    site = reception()
    site.receive(arrived())
    site.catalogue.identify(TOPIC, 7)
    site.catalogue.pause(TOPIC, False)
    again = Reception(configuration(), MqttSection(), Registry([PARSER]), site.catalogue.records())
    received = again.receive(arrived())
    assert (received.outcome, received.new_topic) == (PAUSED, None)
    (topic,) = again.catalogue.take_changed()
    assert (topic.id, topic.message_count, topic.is_active) == (7, 2, False)
    assert again.catalogue.take_changed() == ()
