from sitewarden.actors.backlog import ANY_TOPIC, MOST_FAULTS_OF_A_SITE, MOST_LOG_LINES, Backlog
from sitewarden.store.records import (
    ConnectionLogRecord,
    ConnectionState,
    ErrorType,
    GatewayRecord,
    ParsingLogRecord,
    Status,
)


def fault(
    topic: str = "a/x", message: str = "payload: not JSON", at: float = 1.0, site_id: int = 1
) -> ParsingLogRecord:
    return ParsingLogRecord(site_id, topic, "p", ErrorType.PARSE, message, f"sample at {at}", "", at, at)


def test_of_several_states_of_a_device_the_newest_waits() -> None:
    backlog = Backlog()
    backlog.add_devices([GatewayRecord(1, "gateway/1", "g", total_heartbeats=1)])
    backlog.add_devices([GatewayRecord(1, "gateway/1", "g", total_heartbeats=2)])
    assert [device.total_heartbeats for device in backlog.batch(0).devices] == [2]


def test_a_batch_that_was_put_back_does_not_hide_what_is_newer() -> None:
    failed = Backlog()
    failed.add_state(ConnectionState(1, Status.CONNECTING))
    failed.add_state(ConnectionState(2, Status.CONNECTING))
    backlog = Backlog()
    backlog.add_state(ConnectionState(1, Status.CONNECTED))
    backlog.put_back(failed.batch(0))
    assert {state.site_id: state.status for state in backlog.batch(0).states} == {
        1: Status.CONNECTED,
        2: Status.CONNECTING,
    }


def test_a_fault_that_repeats_is_one_row_with_a_count_and_the_newest_sample() -> None:
    backlog = Backlog()
    for at in (1.0, 2.0, 3.0):
        backlog.add_fault(fault(at=at))
    (row,) = backlog.batch(0).parsing_logs
    assert (row.count, row.first_at, row.last_at, row.sample_payload) == (3, 1.0, 3.0, "sample at 3.0")


def test_a_fault_that_was_put_back_is_added_to_what_came_since() -> None:
    failed, backlog = Backlog(), Backlog()
    failed.add_fault(fault(at=1.0))
    backlog.add_fault(fault(at=2.0))
    backlog.put_back(failed.batch(0))
    (row,) = backlog.batch(0).parsing_logs
    assert (row.count, row.first_at, row.last_at, row.sample_payload) == (2, 1.0, 2.0, "sample at 2.0")


def test_a_site_that_invents_topics_fills_neither_memory_nor_the_log() -> None:
    backlog = Backlog()
    for number in range(MOST_FAULTS_OF_A_SITE + 1000):
        backlog.add_fault(fault(topic=f"a/{number}"))
    backlog.add_fault(fault(site_id=2))
    rows = backlog.batch(0).parsing_logs
    assert len(rows) == MOST_FAULTS_OF_A_SITE + 2
    assert [row.count for row in rows if row.topic == ANY_TOPIC] == [1000]


def test_while_nothing_can_be_written_the_oldest_log_lines_go_and_are_counted() -> None:
    backlog = Backlog()
    for number in range(MOST_LOG_LINES + 5):
        backlog.add_connection_log(ConnectionLogRecord(1, float(number), "INFO", "", Status.CONNECTED))
    assert len(backlog) == MOST_LOG_LINES
    assert backlog.dropped == 5
    assert backlog.batch(0).connection_logs[0].at == 5.0
