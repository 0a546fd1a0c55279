"""The supervisor brings what runs to what people want (rows B1, B2, B3 and B11)."""

import sqlite3
from collections.abc import Callable

import pytest
from servers.ports import free_port
from servers.process import wait_until
from sitewarden.actors.messages import GetSite, ListSites, ReconcileAll, ReconcileSite, RestartSite, SiteReport, Unknown
from sitewarden.store.records import Status
from sitewarden.store.tables import Site

from .field import DATABASE, DEADLINE, MONITOR_INTERVAL, Field, heartbeat


def statuses(field: Field, name: str) -> list[Status]:
    """What the connection's log says it has been, oldest first."""
    return [line.status for line in field.connection_log(name)]


def test_every_active_site_is_connected_at_boot_by_itself(field: Field) -> None:
    """B2."""
    field.save("north")
    field.save("south")
    field.save("hidden", is_active=False)
    field.connect("north", "south")
    assert field.state("hidden").status is Status.DISCONNECTED


def test_first_dials_are_spread_out_in_time(make_field: Callable[..., Field]) -> None:
    """B2."""
    field = make_field(mqtt={"start_spread": 500})
    names = ("north", "south")
    for name in names:
        field.save(name)
    field.start()
    assert wait_until(lambda: field.counters().states == {"connected": 1, "disconnected": 1}, DEADLINE)
    field.clock.advance(500)
    for name in names:
        field.wait_for_status(name, Status.CONNECTED)


@pytest.fixture
def one_place(make_field: Callable[..., Field]) -> Field:
    """An installation that may hold one connection: `north` has it, `south` waits."""
    field = make_field(mqtt={"max_connections": 1})
    field.save("north")
    field.connect("north")
    field.save("south")
    field.runtime.tell(ReconcileSite(field.id("south")))
    field.wait_for_status("south", Status.QUEUED)
    return field


def test_beyond_the_limit_a_site_waits_and_says_why(one_place: Field) -> None:
    """B1."""
    assert one_place.state("south").reason == "all 1 connections (MQTT_MAX_CONNECTIONS) are in use"
    assert one_place.state("north").status is Status.CONNECTED


def test_a_place_that_becomes_free_is_taken_by_a_site_that_waits(one_place: Field) -> None:
    """B1, B11."""
    one_place.want("north", False)
    one_place.wait_for_status("south", Status.CONNECTED)
    assert one_place.state("north").status is Status.DISCONNECTED
    one_place.want("north", True)
    one_place.wait_for_status("north", Status.QUEUED)


def test_a_queued_site_that_is_stopped_waits_no_longer(one_place: Field) -> None:
    """B1, B11."""
    one_place.want("south", False)
    one_place.wait_for_status("south", Status.DISCONNECTED)
    one_place.want("north", False)
    one_place.wait_for_status("north", Status.DISCONNECTED)
    assert one_place.state("south").status is Status.DISCONNECTED


def test_a_change_is_carried_out_when_it_is_told(north: Field) -> None:
    """B2, B11: the monitor does not look for a long time yet."""
    north.want("north", False)
    north.wait_for_status("north", Status.DISCONNECTED)
    north.want("north", True)
    north.wait_for_status("north", Status.CONNECTED)


def test_a_change_that_nobody_told_of_is_found_at_the_next_monitor_interval(north: Field) -> None:
    """B2."""
    north.store.set_connection_active(north.id("north"), False)
    north.save("south")
    assert isinstance(north.runtime.ask(GetSite(north.id("south")), DEADLINE), Unknown)
    assert north.state("north").status is Status.CONNECTED
    north.clock.advance(MONITOR_INTERVAL)
    north.wait_for_status("north", Status.DISCONNECTED)
    north.wait_for_status("south", Status.CONNECTED)


def test_an_import_of_many_sites_is_carried_out_when_it_is_told(north: Field) -> None:
    """B2."""
    for name in ("south", "east"):
        north.save(name)
    north.runtime.tell(ReconcileAll())
    for name in ("south", "east"):
        north.wait_for_status(name, Status.CONNECTED)


def test_a_site_that_was_moved_to_another_broker_is_dialled_there(north: Field) -> None:
    """B2: what a link is opened with has changed."""
    nobody = free_port()
    north.save("north", broker_port=nobody)
    north.runtime.tell(ReconcileSite(north.id("north")))
    north.wait_for_status("north", Status.BACKING_OFF)
    assert str(nobody) in north.state("north").error_message


def test_what_only_the_reading_depends_on_leaves_the_link_alone(north: Field) -> None:
    """B2."""
    connected_at = north.state("north").last_connected_at
    north.save("north", rolling_readings=1)
    north.runtime.tell(ReconcileSite(north.id("north")))
    question = GetSite(north.id("north"))
    assert wait_until(lambda: north.ask(question, SiteReport).configuration.connection.rolling_readings == 1, DEADLINE)
    for number in range(2):
        north.publish(heartbeat(north.code("north"), "A", number=number))
    assert wait_until(lambda: "A" in north.sensors("north"), DEADLINE)
    assert wait_until(lambda: north.sensors("north")["A"].total_readings == 2, DEADLINE)
    assert len(north.sensors("north")["A"].readings) == 1
    assert north.state("north").last_connected_at == connected_at


def test_a_site_that_is_no_longer_configured_is_forgotten(north: Field) -> None:
    """B2."""
    north.publish(heartbeat(north.code("north"), "A"))
    assert wait_until(lambda: "A" in north.sensors("north"), DEADLINE)
    id = north.id("north")
    with north.store.database.connection_context(), north.store.database.bind_ctx([Site]):
        Site.delete().where(Site.id == id).execute()
    north.runtime.tell(ReconcileSite(id))
    assert wait_until(lambda: north.ask(ListSites(), tuple) == (), DEADLINE)
    assert wait_until(lambda: north.counters().devices == {"gateway": 0, "datalogger": 0, "sensor": 0}, DEADLINE)


def test_a_restart_dials_now_and_forgets_the_retries(field: Field) -> None:
    """B11."""
    field.save("north", broker_port=free_port(), retry_delay=1000, max_retry_delay=1000)
    field.start()
    field.wait_for_status("north", Status.BACKING_OFF)
    field.runtime.tell(RestartSite(field.id("north")))
    assert wait_until(lambda: statuses(field, "north").count(Status.BACKING_OFF) == 2, DEADLINE)
    assert field.state("north").retry_count == 1


def test_a_restart_of_an_open_connection_connects_anew(north: Field) -> None:
    """B11."""
    north.runtime.tell(RestartSite(north.id("north")))
    assert wait_until(lambda: statuses(north, "north").count(Status.CONNECTED) == 2, DEADLINE)
    assert statuses(north, "north") == [Status.CONNECTING, Status.CONNECTED] * 2


def test_a_restart_of_a_site_that_nobody_wants_changes_nothing(north: Field) -> None:
    """B11: restart is not start."""
    north.want("north", False)
    north.wait_for_status("north", Status.DISCONNECTED)
    north.runtime.tell(RestartSite(north.id("north")))
    assert north.state("north").status is Status.DISCONNECTED


def test_every_change_of_status_is_a_line_in_the_connections_log(north: Field) -> None:
    """B3."""
    north.want("north", False)
    north.wait_for_status("north", Status.DISCONNECTED)
    expected = [Status.CONNECTING, Status.CONNECTED, Status.STOPPING, Status.DISCONNECTED]
    assert wait_until(lambda: statuses(north, "north") == expected, DEADLINE), statuses(north, "north")
    lines = north.connection_log("north")
    assert {line.broker_host for line in lines} == {north.broker.host}
    assert str(north.broker.port) in lines[0].message


def test_a_site_whose_memory_cannot_be_read_is_read_again_until_it_can(field: Field) -> None:
    """One damaged cell costs its own site only, and only until it is mended."""
    field.save("north")
    field.save("south")
    field.connect("north", "south")
    field.publish(heartbeat(field.code("north"), "A"))
    assert wait_until(lambda: field.state("north").last_message_at is not None, DEADLINE)
    assert wait_until(lambda: len(field.sensors("north")) == 1, DEADLINE)
    field.stop()
    before = field.memory("north").state
    assert before.last_message_at is not None
    with sqlite3.connect(field.directory / DATABASE) as database:
        [[readings]] = database.execute("SELECT readings FROM sensor").fetchall()
        database.execute("UPDATE sensor SET readings = 'damaged'")
    field.restart()
    field.wait_for_status("south", Status.CONNECTED)
    field.wait_for_status("north", Status.ERROR)
    assert "its memory cannot be read" in field.state("north").reason
    with sqlite3.connect(field.directory / DATABASE) as database:
        database.execute("UPDATE sensor SET readings = ?", [readings])
    field.clock.advance(5)
    field.wait_for_status("north", Status.CONNECTED)
    assert set(field.sensors("north")) == {"A"}
    assert field.state("north").last_message_at == before.last_message_at, "what was known of the link was overwritten"
