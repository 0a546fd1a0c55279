"""A message at QoS 1 is acknowledged when what it changed is kept, and counted once (row C10)."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest
from servers.fault_proxy import FaultProxy, Way
from servers.mosquitto import Mosquitto
from servers.process import wait_until
from sitewarden.store.database import Patience
from sitewarden.store.drafts import TopicDraft
from sitewarden.store.records import Status
from sitewarden.store.secrets import Secrets
from sitewarden.store.store import Store

from .field import DATABASE, DEADLINE, Field, Message, heartbeat

IMPATIENT = Patience(connect=1, answer=1, lock=0.1, pool=1)  # seconds
MESSAGES = 5

# Several times as many as mosquitto sends before it waits for an acknowledgement.
MANY = 100


@pytest.fixture
def proxy(mosquitto: Mosquitto) -> Iterator[FaultProxy]:
    with FaultProxy(mosquitto.port) as proxy:
        yield proxy


@pytest.fixture(params=["3.1.1", "5"])
def proxied(make_field: Callable[..., Field], proxy: FaultProxy, request: pytest.FixtureRequest) -> Field:
    """`north`, connected through the proxy, with a known sensor, all of it stored and acknowledged."""
    field = make_field()
    field.save("north", broker_port=proxy.port, retry_delay=0.1, max_retry_delay=0.1, protocol=request.param)
    begin(field)
    return field


@pytest.fixture
def impatient(make_field: Callable[..., Field]) -> Field:
    """`north`, connected, with a known sensor, and a store that soon gives up where the database is locked."""
    field = make_field()
    field.store.close()
    url = f"sqlite:///{field.directory / DATABASE}"
    field.store = Store(url, Secrets.load(None, field.directory / "secret.key"), patience=IMPATIENT)
    field.runtime = field.new_runtime()
    field.save("north")
    begin(field)
    return field


def begin(field: Field) -> None:
    field.connect("north")
    field.publish(heartbeat(field.code("north"), "A"))
    assert wait_until(lambda: stored_heartbeats(field) == 1, DEADLINE)


@contextmanager
def locked(field: Field) -> Iterator[None]:
    """Have somebody else hold the database's lock."""
    with closing(sqlite3.connect(field.directory / DATABASE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def stored_heartbeats(field: Field) -> int:
    return sum(datalogger.total_heartbeats for datalogger in field.memory("north").dataloggers)


def shown_heartbeats(field: Field) -> int:
    return sum(datalogger.total_heartbeats for datalogger in field.dataloggers("north").values())


def redelivered(field: Field) -> int:
    return field.counters().messages_by_outcome.get("redelivered", 0)


def publish_many(field: Field) -> None:
    field.publish(*(heartbeat(field.code("north"), "A", number=number) for number in range(1, MANY)))


def publish_unacknowledged(field: Field, proxy: FaultProxy) -> None:
    """Have messages counted and stored whose acknowledgements do not reach the broker."""
    proxy.swallow(Way.TO_SERVER)
    code = field.code("north")
    field.publish(*(heartbeat(code, "A", number=number) for number in range(1, MESSAGES + 1)))
    field.publish(Message(f"{code}/datalogger/monstro/1/heartbeat", b"no json"))
    assert wait_until(lambda: stored_heartbeats(field) == 1 + MESSAGES, DEADLINE)
    assert wait_until(lambda: len(field.parsing_log("north")) == 1, DEADLINE)


def check_counted_once(field: Field) -> None:
    assert (shown_heartbeats(field), stored_heartbeats(field)) == (1 + MESSAGES, 1 + MESSAGES)
    assert field.sensors("north")["A"].total_messages == 1 + MESSAGES
    assert [row.count for row in field.parsing_log("north")] == [1]
    assert field.topics("north")["datalogger/monstro/1/heartbeat"].message_count == 2 + MESSAGES


def test_what_the_broker_sends_again_after_a_cut_is_counted_once(proxied: Field, proxy: FaultProxy) -> None:
    publish_unacknowledged(proxied, proxy)
    proxy.cut()
    proxy.mend()

    assert wait_until(lambda: redelivered(proxied) == MESSAGES + 1, DEADLINE)
    check_counted_once(proxied)


def test_what_the_broker_sends_again_after_a_restart_of_ours_is_counted_once(proxied: Field, proxy: FaultProxy) -> None:
    publish_unacknowledged(proxied, proxy)
    proxied.stop()
    proxy.cut()
    proxy.mend()
    proxied.runtime = proxied.new_runtime()
    proxied.connect("north")

    assert wait_until(lambda: redelivered(proxied) == MESSAGES + 1, DEADLINE)
    check_counted_once(proxied)


def test_what_was_sent_again_once_is_acknowledged_then(proxied: Field, proxy: FaultProxy) -> None:
    publish_unacknowledged(proxied, proxy)
    proxy.cut()
    proxy.mend()
    assert wait_until(lambda: redelivered(proxied) == MESSAGES + 1, DEADLINE)
    # What comes now waits behind it for its acknowledgement: with its own, the others have theirs.
    proxied.publish(heartbeat(proxied.code("north"), "A", number=0))
    assert wait_until(lambda: stored_heartbeats(proxied) == 2 + MESSAGES, DEADLINE)
    proxied.restart()
    proxied.wait_for_status("north", Status.CONNECTED)
    proxied.publish(heartbeat(proxied.code("north"), "A", number=0))

    assert wait_until(lambda: stored_heartbeats(proxied) == 3 + MESSAGES, DEADLINE)
    assert redelivered(proxied) == 0


def test_while_the_database_is_locked_no_broker_holds_back_and_a_restart_loses_nothing(impatient: Field) -> None:
    """F4: what is acknowledged meanwhile is in the spool."""
    with locked(impatient):
        publish_many(impatient)
        assert wait_until(lambda: shown_heartbeats(impatient) == MANY, DEADLINE)
        assert wait_until(lambda: impatient.counters().is_spooled, DEADLINE)
        impatient.stop()
    assert stored_heartbeats(impatient) < MANY

    impatient.runtime = impatient.new_runtime()
    impatient.start()
    impatient.wait_for_status("north", Status.CONNECTED)
    assert wait_until(lambda: shown_heartbeats(impatient) == MANY, DEADLINE)
    assert impatient.sensors("north")["A"].total_readings == MANY
    assert not list(impatient.directory.glob("*.spool"))


def test_without_database_and_spool_nothing_is_acknowledged_and_all_comes_in_the_end(impatient: Field) -> None:
    spool = impatient.directory / f"{impatient.store.installation_id()}.spool"
    spool.mkdir()
    with locked(impatient):
        publish_many(impatient)
        assert wait_until(lambda: "cannot be written" in impatient.counters().spool_error, DEADLINE)
        assert shown_heartbeats(impatient) < MANY
    assert wait_until(lambda: shown_heartbeats(impatient) == MANY, DEADLINE)
    assert wait_until(lambda: stored_heartbeats(impatient) == MANY, DEADLINE)
    assert wait_until(lambda: not impatient.counters().database_error, DEADLINE)


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
@pytest.mark.parametrize("mode", ["open", "closed"])
def test_what_the_broker_has_kept_for_us_is_counted_also_where_the_filters_have_changed_meanwhile(
    field: Field, protocol: str, mode: str
) -> None:
    code = field.code("north")
    field.save("north", protocol=protocol)
    begin(field)
    field.stop()
    overlapping = [f"{code}/datalogger/+/1/heartbeat", f"{code}/datalogger/monstro/+/heartbeat"]
    drafts = [TopicDraft(topic_pattern=pattern) for pattern in overlapping]
    field.save("north", protocol=protocol, discovery_mode=mode, topics=drafts)
    publish_many(field)
    field.runtime = field.new_runtime()
    field.connect("north")
    field.publish(heartbeat(code, "A", number=0), Message(f"{code}/datalogger/other/2/heartbeat", b"no json"))

    assert wait_until(lambda: stored_heartbeats(field) == MANY + 1, DEADLINE), stored_heartbeats(field)
    assert wait_until(lambda: field.counters().messages == MANY + 1, DEADLINE)
    unasked = field.counters().messages_by_outcome.get("unasked", 0)
    assert unasked == (mode == "closed")


def test_a_broker_with_a_window_far_beyond_the_usual_makes_nothing_count_twice(
    make_field: Callable[..., Field], private_mosquitto: Callable[..., Mosquitto]
) -> None:
    broker = private_mosquitto(["max_inflight_messages 500"])
    with FaultProxy(broker.port) as proxy:
        field = make_field(broker=broker)
        field.save("north", broker_port=proxy.port, retry_delay=0.1, max_retry_delay=0.1)
        begin(field)
        proxy.swallow(Way.TO_SERVER)
        for _ in range(4):
            publish_many(field)
        published = 4 * (MANY - 1)
        assert wait_until(lambda: stored_heartbeats(field) == 1 + published, DEADLINE)
        proxy.cut()
        proxy.mend()
        assert wait_until(lambda: redelivered(field) == published, DEADLINE), redelivered(field)
        assert stored_heartbeats(field) == 1 + published


def test_a_spool_whose_batch_the_slow_database_has_taken_in_the_end_is_emptied(impatient: Field) -> None:
    """A restart would write its log lines a second time."""
    with locked(impatient):
        publish_many(impatient)
        assert wait_until(lambda: impatient.counters().is_spooled, DEADLINE)
    assert wait_until(lambda: stored_heartbeats(impatient) == MANY, DEADLINE)
    assert wait_until(lambda: not list(impatient.directory.glob("*.spool")), DEADLINE)
    assert wait_until(lambda: not impatient.counters().is_spooled, DEADLINE)
