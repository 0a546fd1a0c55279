"""The topics that a site is heard to use (row C2), and what it is subscribed to."""

from collections.abc import Callable
from typing import Any

import pytest
from servers.process import wait_until
from sitewarden.actors.messages import ForceDiscovery, PauseTopic, ReconcileSite
from sitewarden.store.drafts import TopicDraft
from sitewarden.store.records import Status

from .field import DEADLINE, Field, Message, gateway_heartbeat, heartbeat

TOPIC = "datalogger/monstro/1/heartbeat"


def count(field: Field, topic: str = TOPIC) -> int:
    found = field.topics("north").get(topic)
    return found.message_count if found else 0


def test_a_topic_is_entered_with_who_reads_it_and_how_often_it_was_heard(north: Field) -> None:
    code = north.code("north")
    north.publish(*(heartbeat(code, "A", number=number) for number in range(3)))
    north.publish(Message(f"{code}/camera/3/image", b"\xff\xd8\x00"))
    assert wait_until(lambda: count(north) == 3 and count(north, "camera/3/image") == 1, DEADLINE)
    assert wait_until(lambda: all(topic.id for topic in north.topics("north").values()), DEADLINE)
    topics = north.topics("north")
    read = topics[TOPIC]
    assert (read.is_processable, read.processor_name, read.is_active) == (True, "datalogger_heartbeat", True)
    assert read.topic_pattern == f"{code}/datalogger/monstro/+/heartbeat"
    assert read.sample_payload == heartbeat(code, "A", number=2).payload.decode()
    assert read.first_seen_at <= read.last_seen_at
    unread = topics["camera/3/image"]
    assert (unread.is_processable, unread.processor_name) == (False, "")
    # What nobody reads is no error.
    assert north.parsing_log("north") == []
    stored = {topic.topic_path: topic.id for topic in north.memory("north").topics}
    assert stored == {topic.topic_path: topic.id for topic in topics.values()}
    assert wait_until(lambda: {topic.message_count for topic in north.memory("north").topics} == {1, 3}, DEADLINE)


def test_a_sample_is_cut_at_five_thousand_characters(north: Field) -> None:
    north.publish(Message(f"{north.code('north')}/notes", ("è" * 6000).encode()))
    assert wait_until(lambda: count(north, "notes") == 1, DEADLINE)
    assert north.topics("north")["notes"].sample_payload == "è" * 5000


def test_a_paused_topic_is_counted_and_not_read_until_it_is_resumed_also_after_a_restart(north: Field) -> None:
    code = north.code("north")
    north.publish(heartbeat(code, "A"))
    assert wait_until(lambda: bool(count(north) and north.topics("north")[TOPIC].id), DEADLINE)
    id = north.topics("north")[TOPIC].id
    assert id is not None

    def decide(is_active: bool) -> None:
        north.store.set_topic_active(north.id("north"), id, is_active)
        north.runtime.tell(PauseTopic(north.id("north"), f"{code}/{TOPIC}", is_active))
        assert wait_until(lambda: north.topics("north")[TOPIC].is_active is is_active, DEADLINE)

    decide(False)
    north.publish(heartbeat(code, "A", number=1))
    assert wait_until(lambda: count(north) == 2, DEADLINE)
    assert wait_until(lambda: north.counters().messages_by_outcome.get("paused") == 1, DEADLINE)
    north.restart()
    north.wait_for_status("north", Status.CONNECTED)
    north.publish(heartbeat(code, "A", number=2))
    assert wait_until(lambda: count(north) == 3, DEADLINE)
    assert north.dataloggers("north")["monstro/1"].total_heartbeats == 1
    decide(True)
    north.publish(heartbeat(code, "A", number=3))
    assert wait_until(lambda: north.dataloggers("north")["monstro/1"].total_heartbeats == 2, DEADLINE)


def with_topics(field: Field, *topics: tuple[str, bool], **connection: Any) -> None:
    """Save `north` with filters below its prefix, each active or not."""
    code = field.code("north")
    drafts = tuple(TopicDraft(topic_pattern=f"{code}/{pattern}", is_active=is_active) for pattern, is_active in topics)
    field.save("north", topics=drafts, **connection)


def test_a_topic_that_people_made_inactive_is_heard_and_not_read(field: Field) -> None:
    with_topics(field, ("datalogger/monstro/+/heartbeat", False))
    field.connect("north")
    code = field.code("north")
    field.publish(heartbeat(code, "A"), heartbeat(code, "B", type="adaq"))
    assert wait_until(lambda: list(field.dataloggers("north")) == ["adaq/1"], DEADLINE)
    assert count(field) == 1


def test_a_change_of_the_filters_takes_effect_at_once_and_keeps_the_counts(north: Field) -> None:
    code = north.code("north")
    north.publish(heartbeat(code, "A"))
    assert wait_until(lambda: "A" in north.sensors("north"), DEADLINE)
    connected_at = north.state("north").last_connected_at
    with_topics(north, ("datalogger/#", False))
    north.runtime.tell(ReconcileSite(north.id("north")))
    assert wait_until(lambda: north.state("north").last_connected_at != connected_at, DEADLINE)
    north.publish(heartbeat(code, "A", number=1))
    assert wait_until(lambda: count(north) == 2, DEADLINE)
    assert north.sensors("north")["A"].total_messages == 1


def test_what_a_topic_had_counted_when_its_site_was_configured_anew_is_stored(make_field: Callable[..., Field]) -> None:
    north = make_field(persist_interval=1000)
    north.save("north")
    north.connect("north")
    code = north.code("north")
    north.publish(*(heartbeat(code, "A", number=number) for number in range(5)))
    assert wait_until(lambda: count(north) == 5, DEADLINE)
    north.save("north", heartbeat_interval=7)
    north.runtime.tell(ReconcileSite(north.id("north")))
    north.stop()
    assert [topic.message_count for topic in north.memory("north").topics] == [5]


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
def test_where_filters_overlap_a_message_is_processed_once(field: Field, protocol: str) -> None:
    """A3: MQTT 5 brokers send a copy for each filter that matches."""
    filters = (("datalogger/+/1/heartbeat", True), ("datalogger/monstro/+/heartbeat", True), ("datalogger/#", False))
    code = field.code("north")
    with_topics(field, *filters[:2], discovery_mode="open", protocol=protocol)
    field.connect("north")
    field.publish(heartbeat(code, "A"))
    assert wait_until(lambda: "A" in field.sensors("north"), DEADLINE)
    with_topics(field, *filters, discovery_mode="closed", protocol=protocol)
    field.runtime.tell(ReconcileSite(field.id("north")))
    connected = field.connection_log("north")
    assert wait_until(lambda: len(field.connection_log("north")) > len(connected), DEADLINE)
    field.wait_for_status("north", Status.CONNECTED)
    # Not covered by `closed`: neither heard nor entered. What comes after it proves that it is not on its way.
    field.publish(gateway_heartbeat(code), *(heartbeat(code, "A", number=number) for number in range(1, 4)))
    assert wait_until(lambda: field.sensors("north")["A"].total_readings == 4, DEADLINE)
    assert count(field) == 4
    assert field.dataloggers("north")["monstro/1"].total_heartbeats == 4
    assert "gateway/heartbeat" not in field.topics("north")


def test_where_discovery_is_off_no_device_is_entered(make_field: Callable[..., Field]) -> None:
    field = make_field(mqtt={"auto_discovery_enabled": False})
    with_topics(field, ("datalogger/#", True))
    field.connect("north")
    field.publish(heartbeat(field.code("north"), "A"))
    assert wait_until(lambda: count(field) == 1, DEADLINE)
    assert field.dataloggers("north") == {}
    assert field.memory("north").dataloggers == ()


def test_topics_past_the_limit_are_counted_and_told_of_once(make_field: Callable[..., Field]) -> None:
    """C5 as far as its caps on a site."""
    field = make_field(mqtt={"max_topics": 2})
    field.save("north")
    field.connect("north")
    code = field.code("north")
    field.publish(*(Message(f"{code}/flood/x{number}", b"1") for number in range(50)), heartbeat(code, "A"))
    field.wait_for_messages(51)
    assert len(field.topics("north")) == 2
    assert field.counters().messages_by_outcome == {"unprocessable": 2, "refused": 49}
    assert wait_until(lambda: [event.event for event in field.events("north")] == ["limit_reached"], DEADLINE)


def test_forced_discovery_has_retained_messages_sent_anew(north: Field) -> None:
    """C11 as far as it is built."""
    topic = f"{north.code('north')}/notes"
    north.publish(Message(topic, b"kept", retain=True))
    assert wait_until(lambda: count(north, "notes") == 1, DEADLINE)
    north.runtime.tell(ForceDiscovery(north.id("north")))
    assert wait_until(lambda: count(north, "notes") == 2, DEADLINE)
