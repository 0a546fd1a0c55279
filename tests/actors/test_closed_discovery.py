"""A site where people want no discovery: what is configured is heard, and nothing else (rows A2, A3)."""

from collections.abc import Callable

from servers.mosquitto import Mosquitto
from servers.process import wait_until
from sitewarden.store.drafts import TopicDraft
from sitewarden.store.records import Availability, Status

from .field import DEADLINE, Field, heartbeat


def test_a_closed_site_without_any_topic_is_connected_and_stays_so(field: Field) -> None:
    """MQTT has no SUBSCRIBE without a filter."""
    field.save("north", discovery_mode="closed")
    field.save("south", discovery_mode="closed", protocol="5")
    field.connect("north", "south")
    for name in ("north", "south"):
        assert wait_until(lambda name=name: len(field.connection_log(name)) >= 2, DEADLINE)
        assert [entry.status for entry in field.connection_log(name)] == [Status.CONNECTING, Status.CONNECTED]


def test_a_new_device_of_a_closed_site_is_not_entered(field: Field) -> None:
    field.save("north", discovery_mode="closed", topics=[TopicDraft(topic_pattern=f"{field.code('north')}/#")])
    field.connect("north")
    field.publish(heartbeat(field.code("north"), "A"))
    field.wait_for_messages(1)
    assert field.dataloggers("north") == {}


def test_what_is_sent_after_a_kept_session_came_back_is_live_in_closed_mode_too(
    make_field: Callable[..., Field], private_mosquitto: Callable[..., Mosquitto]
) -> None:
    """Only the echo of our presence ends what was queued, so it is subscribed whatever is configured."""
    field = make_field(broker=private_mosquitto())
    code = field.code("north")
    field.save("north")
    field.connect("north")
    field.publish(heartbeat(code, "A"))
    assert wait_until(lambda: len(field.sensors("north")) == 1, DEADLINE)
    field.save("north", discovery_mode="closed", topics=[TopicDraft(topic_pattern=f"{code}/datalogger/#")])
    field.restart()
    field.wait_for_status("north", Status.CONNECTED)
    assert "its session was kept" in field.state("north").reason

    numbers = iter(range(1, 10_000))

    def is_online() -> bool:
        field.publish(heartbeat(code, "A", number=next(numbers)))
        return field.sensors("north")["A"].availability is Availability.ONLINE

    assert wait_until(is_online, DEADLINE)
    assert field.dataloggers("north")["monstro/1"].missed_heartbeats == 0
