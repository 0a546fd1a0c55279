"""An orderly stop loses nothing and leaves nothing behind (rows B12 and M1)."""

import json
import threading
from collections.abc import Callable

import paho.mqtt.subscribe as mqtt
import psutil
import pytest
from servers.mosquitto import Mosquitto
from servers.process import wait_until
from sitewarden.store.records import SiteConfiguration, Status
from sitewarden.store.store import Store
from sitewarden.store.tables import Installation

from .bad_brokers import mute
from .field import DEADLINE, Field, heartbeat

NEVER = 3600.0  # seconds; no test is so long
STOP_SECONDS = 10.0
READ_SECONDS = 0.5


def threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()}


def test_what_was_received_is_in_the_database_when_the_stop_returns(make_field: Callable[..., Field]) -> None:
    """B12."""
    field = make_field(persist_interval=NEVER)
    field.save("north")
    field.connect("north")
    code = field.code("north")
    field.publish(*(heartbeat(code, "A", number=number) for number in range(50)))
    assert wait_until(lambda: "A" in field.sensors("north"), DEADLINE)
    assert wait_until(lambda: field.sensors("north")["A"].total_readings == 50, DEADLINE)
    field.stop()
    memory = field.memory("north")
    assert memory.sensors[0].total_readings == 50
    assert memory.dataloggers[0].total_heartbeats == 50
    assert {topic.message_count for topic in memory.topics} == {50}
    assert memory.state.status is Status.DISCONNECTED
    assert [line.status for line in field.connection_log("north")[-2:]] == [Status.STOPPING, Status.DISCONNECTED]


def test_the_goodbye_stands_on_the_broker_and_our_will_does_not(north: Field) -> None:
    """B12, B13 as far as it is built."""
    topic = f"{north.code('north')}/backend/status"

    def presence() -> str:
        message = mqtt.simple(topic, hostname=north.broker.host, port=north.broker.port)
        return str(json.loads(message.payload)["status"])

    assert wait_until(lambda: presence() == "online", DEADLINE)
    north.stop()
    assert presence() == "offline"


def test_a_stop_leaves_neither_thread_nor_descriptor(make_field: Callable[..., Field]) -> None:
    """B12, M1."""
    field = make_field()
    field.save("north")
    field.save("south")
    process = psutil.Process()
    field.store.close()
    threads_before, descriptors_before = threads(), process.num_fds()
    for _ in range(2):
        field.runtime = field.new_runtime()
        field.connect("north", "south")
        field.publish(heartbeat(field.code("north"), "A"))
        assert wait_until(lambda: "A" in field.sensors("north"), DEADLINE)
        field.stop()
        field.store.close()
    # A pool's idle threads end by themselves when it is shut down.
    assert wait_until(lambda: threads() <= threads_before, DEADLINE), threads()
    assert wait_until(lambda: process.num_fds() <= descriptors_before, DEADLINE), process.open_files()


class SlowStore(Store):
    """Takes its time to read what is wanted."""

    has_begun = threading.Event()
    has_ended = threading.Event()

    def configurations(self) -> list[SiteConfiguration]:
        self.has_begun.set()
        threading.Event().wait(READ_SECONDS)
        found = super().configurations()
        self.has_ended.set()
        return found


def test_when_the_stop_returns_nobody_reads_the_database_any_more(field: Field) -> None:
    """Whoever stopped closes the store next, and SQLite crashes a process that reads from what is closed."""
    store = SlowStore(field.store.url, field.store.secrets)
    field.store.close()
    field.store = store
    field.runtime = field.new_runtime()
    field.start()
    assert store.has_begun.wait(DEADLINE)
    field.stop()
    assert store.has_ended.is_set()


@pytest.mark.parametrize("status", [Status.CONNECTING, Status.BACKING_OFF])
def test_a_stop_does_not_wait_for_a_link_that_is_not_there(field: Field, status: Status) -> None:
    """B12."""
    with mute() as port:
        field.save("north", broker_port=port, retry_delay=1000, max_retry_delay=1000)
        field.start()
        field.wait_for_status("north", Status.CONNECTING)
        if status is Status.BACKING_OFF:
            field.clock.advance(2 * field.settings.mqtt.connect_timeout)
            field.wait_for_status("north", Status.BACKING_OFF)
        before = field.clock().monotonic
        field.stop()
        assert field.clock().monotonic - before < STOP_SECONDS / 2


def test_a_broker_that_is_frozen_does_not_keep_us_from_stopping(
    private_mosquitto: Callable[..., Mosquitto], make_field: Callable[..., Field]
) -> None:
    """B12: within 10 seconds, and what was received is stored."""
    broker = private_mosquitto()
    field = make_field(broker, persist_interval=NEVER)
    field.save("north")
    field.connect("north")
    field.publish(heartbeat(field.code("north"), "A"))
    assert wait_until(lambda: "A" in field.sensors("north"), DEADLINE)
    broker.freeze()
    try:
        before = field.clock().monotonic
        field.stop()
        assert field.clock().monotonic - before < STOP_SECONDS
    finally:
        broker.thaw()
    assert field.memory("north").sensors[0].total_readings == 1


def test_a_second_stop_does_nothing(north: Field) -> None:
    north.stop()
    north.stop()
    assert not north.runtime.is_running


def test_two_runtimes_in_one_process_do_not_know_each_other(make_field: Callable[..., Field]) -> None:
    """M1."""
    one, other = make_field(name="one"), make_field(name="other")
    for field in (one, other):
        field.save("north")
        field.connect("north")
    one.publish(heartbeat(one.code("north"), "A"))
    other.publish(heartbeat(other.code("north"), "B"))
    assert wait_until(lambda: list(one.sensors("north")) == ["A"] and list(other.sensors("north")) == ["B"], DEADLINE)
    assert one.store.installation_id() != other.store.installation_id()
    one.stop()
    other.publish(heartbeat(other.code("north"), "B", number=1))
    assert wait_until(lambda: other.sensors("north")["B"].total_readings == 2, DEADLINE)


def test_a_start_that_cannot_read_the_database_fails_and_leaves_no_thread(field: Field) -> None:
    before = threads()
    with field.store.database.connection_context(), field.store.database.bind_ctx([Installation]):
        field.store.database.drop_tables([Installation])
    with pytest.raises(Exception, match="no such table"):
        field.start()
    assert threads() == before
    field.stop()
