"""For which time messages may be missing (row C10)."""

from collections.abc import Callable
from typing import Any

import pytest
from servers.mosquitto import Mosquitto
from servers.process import wait_until
from sitewarden.actors.gaps import NOTHING_KEPT, SESSION_LOST, TAKEN_OVER, gap_of
from sitewarden.actors.messages import ReconcileSite, RestartSite
from sitewarden.config.settings import MqttSection
from sitewarden.store.drafts import ConnectionDraft, SiteDraft
from sitewarden.store.records import (
    ConnectionRecord,
    ConnectionState,
    GapRecord,
    SiteConfiguration,
    SiteRecord,
    Status,
    TopicRecord,
)

from .field import DEADLINE, Field

AWAY = 600.0  # seconds of the test's clock
TOLERANCE = 30.0  # for what the test itself takes


def configured(*qualities: int, **connection: Any) -> SiteConfiguration:
    """A site `s` with a topic of each quality of service."""
    draft = SiteDraft(code="s", connection=ConnectionDraft(broker_host="h", **connection)).with_defaults(MqttSection())
    columns = draft.connection.model_dump(exclude={"topics", "password"})
    topics = tuple(TopicRecord(number, 1, f"s/{number}", qos, True) for number, qos in enumerate(qualities))
    site = SiteRecord(1, "s", "s", "", None, None, True, 0, 0)
    return SiteConfiguration(site, ConnectionRecord(id=1, site_id=1, sealed_password="", **columns), topics)


WAS_CONNECTED = ConnectionState(1, last_connected_at=100, last_message_at=200, disconnected_at=300)


def test_a_lost_session_is_a_gap_from_when_we_were_last_known_to_be_there() -> None:
    for state, since in (
        (WAS_CONNECTED, 300),
        (WAS_CONNECTED._replace(disconnected_at=150), 200),
        (WAS_CONNECTED._replace(disconnected_at=None, last_message_at=None), 100),
    ):
        assert gap_of(configured(1), state, True, False, 400) == GapRecord(1, since, 400, SESSION_LOST)


def test_what_another_client_with_our_id_has_taken_is_a_gap_also_where_the_session_was_kept() -> None:
    taken = WAS_CONNECTED._replace(error_kind="taken_over")
    assert gap_of(configured(1), taken, True, True, 400) == GapRecord(1, 300, 400, TAKEN_OVER)


def test_a_session_that_was_kept_leaves_no_gap() -> None:
    assert gap_of(configured(1), WAS_CONNECTED, True, True, 400) is None


def test_a_site_that_was_never_connected_has_missed_nothing() -> None:
    assert gap_of(configured(1), ConnectionState(1), True, False, 400) is None


def test_a_clock_that_was_set_back_makes_no_gap_that_ends_before_it_begins() -> None:
    assert gap_of(configured(1), WAS_CONNECTED, True, False, 50) == GapRecord(1, 50, 50, SESSION_LOST)


@pytest.mark.parametrize(
    ("qualities", "mode", "discovers", "is_gap"),
    [
        ((0, 0), "closed", True, True),
        ((0, 0), "open", False, True),
        ((0, 0), "open", True, False),
        ((0, 1), "closed", True, False),
        ((), "closed", True, False),
    ],
)
def test_where_all_is_subscribed_at_qos_0_each_outage_is_a_gap(
    qualities: tuple[int, ...], mode: str, discovers: bool, is_gap: bool
) -> None:
    gap = gap_of(configured(*qualities, discovery_mode=mode), WAS_CONNECTED, discovers, True, 400)
    assert gap == (GapRecord(1, 300, 400, NOTHING_KEPT) if is_gap else None)


def gaps(field: Field) -> list[GapRecord]:
    return field.store.gaps(field.id("north"), 100, 0)[1]


@pytest.fixture
def broker(private_mosquitto: Callable[..., Mosquitto]) -> Mosquitto:
    """A broker that forgets all when it ends."""
    return private_mosquitto()


@pytest.fixture
def north(broker: Mosquitto, make_field: Callable[..., Field]) -> Field:
    field = make_field(broker)
    field.save("north", retry_delay=1, max_retry_delay=1)
    field.connect("north")
    return field


def test_a_broker_that_lost_our_session_leaves_a_gap_and_a_warning(north: Field) -> None:
    north.broker.stop()
    north.wait_for_status("north", Status.BACKING_OFF)
    left_at = north.clock().epoch
    assert north.state("north").disconnected_at == pytest.approx(left_at, abs=TOLERANCE)
    north.broker.start()
    north.clock.advance(AWAY)
    north.wait_for_status("north", Status.CONNECTED)
    assert wait_until(lambda: len(gaps(north)) == 1, DEADLINE)
    [gap] = gaps(north)
    assert gap.started_at == pytest.approx(left_at, abs=TOLERANCE)
    assert gap.ended_at == pytest.approx(left_at + AWAY, abs=TOLERANCE)
    line = north.connection_log("north")[-1]
    assert (line.level, line.status) == ("WARNING", Status.CONNECTED)
    assert "may be missing" in line.message


def test_a_session_that_was_lost_while_we_were_not_running_is_a_gap_too(north: Field) -> None:
    north.stop()
    north.broker.stop()
    north.broker.start()
    north.clock.advance(AWAY)
    north.runtime = north.new_runtime()
    north.connect("north")
    assert wait_until(lambda: len(gaps(north)) == 1, DEADLINE)
    assert gaps(north)[0].ended_at - gaps(north)[0].started_at == pytest.approx(AWAY, abs=TOLERANCE)


def test_a_link_that_is_made_anew_on_the_same_session_leaves_no_gap(north: Field) -> None:
    north.runtime.tell(RestartSite(north.id("north")))
    connected = [Status.CONNECTED, Status.CONNECTING, Status.CONNECTED]
    assert wait_until(lambda: [line.status for line in north.connection_log("north")][-3:] == connected, DEADLINE)
    assert gaps(north) == []


def test_a_site_that_was_moved_to_another_broker_had_no_session_there_to_lose(
    north: Field, private_mosquitto: Callable[..., Mosquitto]
) -> None:
    other = private_mosquitto()
    north.save("north", broker_port=other.port)
    north.runtime.tell(ReconcileSite(north.id("north")))
    connected = [Status.CONNECTED, Status.CONNECTING, Status.CONNECTED]
    assert wait_until(lambda: [line.status for line in north.connection_log("north")][-3:] == connected, DEADLINE)
    assert gaps(north) == []
