"""What the actors learned goes into the database and comes back as it was."""

import math
import threading
from itertools import count

import pytest
from sitewarden.store.drafts import ConnectionDraft, SiteDraft
from sitewarden.store.records import (
    Availability,
    Batch,
    BatchWritten,
    ChannelStats,
    ConnectionLogRecord,
    ConnectionState,
    DataloggerRecord,
    DeviceEventRecord,
    DiscoveredTopicRecord,
    ErrorType,
    GatewayRecord,
    ParsingLogRecord,
    Reading,
    SensorRecord,
    Status,
)
from sitewarden.store.store import Store

WRITERS = 4
BATCHES_PER_WRITER = 10


def datalogger(site_id: int, slot: str = "monstro/1", **fields: object) -> DataloggerRecord:
    return DataloggerRecord(site_id=site_id, slot=slot, serial_number="DL-1", **fields)


def sensor(site_id: int, serial: str = "MNA00542", **fields: object) -> SensorRecord:
    return SensorRecord(**{"site_id": site_id, "slot": "monstro/1", "serial_number": serial, **fields})


def topic(site_id: int, path: str = "sito_001/a", **fields: object) -> DiscoveredTopicRecord:
    defaults = {
        "topic_pattern": "+/a",
        "first_seen_at": 1.5,
        "last_seen_at": 2.5,
        "message_count": 1,
        "sample_payload": "{}",
        "is_processable": True,
        "processor_name": "p",
    }
    return DiscoveredTopicRecord(**{"site_id": site_id, "topic_path": path, **defaults, **fields})


def fault(site_id: int, **fields: object) -> ParsingLogRecord:
    defaults = {
        "topic": "sito_001/a",
        "parser": "p",
        "error_type": ErrorType.PARSE,
        "message": "not JSON",
        "sample_payload": "{",
        "exception": "",
        "first_at": 1.0,
        "last_at": 1.0,
    }
    return ParsingLogRecord(**{"site_id": site_id, **defaults, **fields})


def test_every_field_of_every_kind_comes_back_as_it_was_written(store: Store, site_id: int) -> None:
    gateway = GatewayRecord(
        site_id,
        "gateway/1",
        "GW-1",
        hostname="gw",
        ip_address="10.0.0.1",
        firmware_version="v1.2",
        cpu_usage_percent=12.5,
        memory_usage_percent=1 / 3,
        disk_usage_percent=0.1,
        uptime_seconds=1e9 + 0.1,
        availability=Availability.UNKNOWN,
        availability_cause="link_down",
        interval_seconds=60,
        last_heartbeat=1795267594.615983,
        last_communication=1795267594.000001,
        total_heartbeats=2**62,
        missed_heartbeats=2,
        online_seconds=0.1 + 0.2,
        observed_seconds=5e-324,
        last_downtime_start=0.0,
        clock_skew_seconds=-3.25,
        first_seen_at=-1.5,
        raw_metadata={"nested": {"list": [1, 2.5, None, True, "à 🌉"]}, "": 0.1},
    )
    logger = datalogger(
        site_id,
        datalogger_type="monstro",
        instance_number=1,
        acquisition="running",
        availability_cause="gateway_offline",
        raw_metadata={"a": "b"},
    )
    probe = sensor(
        site_id,
        sensor_type="accelerometer",
        unit_of_measure="g",
        availability=Availability.OFFLINE,
        availability_cause="restarted",
        readings=(
            Reading(1795267594.123456789, 1795267595.1, {"acc00": 0.1, "acc01": -5e-324}),
            Reading(None, 1795267590.1, {}),
        ),
        channels={"acc00": ChannelStats(2**60, 1 / 3, -1.7e308, 1.7e308, 1.1, 2.2)},
        total_messages=3,
        total_readings=2,
        first_seen_at=1.0,
        last_seen_at=2.0,
        online_seconds=1.0,
        observed_seconds=2.0,
        consecutive_misses=4,
        clock_skew_seconds=0.5,
    )
    state = ConnectionState(site_id, Status.BACKING_OFF, "why", 3, 1.5, 2.5, 3.5, "dns", "no such host", 9, 4.5)
    heard = topic(site_id, message_count=2**40)

    written = store.write(Batch(devices=(probe, logger, gateway), topics=(heard,), states=(state,)))

    assert written.refused == ()
    ids = written.device_ids
    memory = store.memory(site_id)
    assert memory.state == state
    assert memory.gateways == (gateway._replace(id=ids[gateway.key]),)
    assert memory.dataloggers == (logger._replace(id=ids[logger.key]),)
    assert memory.sensors == (probe._replace(id=ids[probe.key], datalogger_id=ids[logger.key]),)
    assert memory.topics == (heard._replace(id=written.topic_ids[site_id, heard.topic_path]),)


def test_a_thousand_sensors_are_written_and_updated_exactly(store: Store, site_id: int) -> None:
    sensors = [
        sensor(
            site_id,
            f"S{number:04}",
            readings=(Reading(None, number / 7, {f"ch{channel}": number / 3 + channel for channel in range(5)}),),
            channels={"ch0": ChannelStats(number, number / 9, -number / 11, number / 13, 1.0, 2.0)},
            total_messages=number,
        )
        for number in range(1000)
    ]
    logger = datalogger(site_id)

    ids = store.write(Batch(devices=(logger, *sensors))).device_ids

    known = [
        record._replace(id=ids[record.key], datalogger_id=ids[logger.key], total_messages=record.total_messages + 1)
        for record in sensors
    ]
    written = store.write(Batch(devices=tuple(known)))
    assert written == BatchWritten()
    assert sorted(store.memory(site_id).sensors) == sorted(known)


def test_a_device_that_is_there_already_is_found_and_not_doubled(store: Store, site_id: int) -> None:
    batch = Batch(devices=(datalogger(site_id), sensor(site_id)), topics=(topic(site_id),))

    first = store.write(batch)
    second = store.write(batch)

    assert second == first
    memory = store.memory(site_id)
    assert (len(memory.dataloggers), len(memory.sensors), len(memory.topics)) == (1, 1, 1)


def test_a_record_without_an_id_updates_the_row_of_its_key_and_learns_its_id(store: Store, site_id: int) -> None:
    """As after a crash between the commit of a discovery and the word of it."""
    devices = (GatewayRecord(site_id, "gateway/1", "GW-1"), datalogger(site_id), sensor(site_id))
    first = store.write(Batch(devices=devices, topics=(topic(site_id),)))

    gateway, logger, probe = devices
    later = (
        gateway._replace(total_heartbeats=2, serial_number="GW-2"),
        logger._replace(total_heartbeats=3, serial_number="DL-2"),
        probe._replace(total_messages=4),
    )
    second = store.write(Batch(devices=later, topics=(topic(site_id, message_count=5),)))

    assert second == first
    memory = store.memory(site_id)
    found = (*memory.gateways, *memory.dataloggers, *memory.sensors)
    logger_id = first.device_ids[logger.key]
    expected = [record._replace(id=first.device_ids[record.key]) for record in later]
    assert found == (*expected[:2], expected[2]._replace(datalogger_id=logger_id))
    assert memory.topics == (topic(site_id, message_count=5, id=first.topic_ids[site_id, "sito_001/a"]),)


def test_a_new_sensor_finds_the_datalogger_of_an_earlier_batch(store: Store, site_id: int) -> None:
    logger = datalogger(site_id)
    logger_id = store.write(Batch(devices=(logger,))).device_ids[logger.key]

    store.write(Batch(devices=(sensor(site_id),)))

    assert store.memory(site_id).sensors[0].datalogger_id == logger_id


def test_what_devices_report_never_overwrites_what_people_decided(store: Store, site_id: int) -> None:
    devices = (GatewayRecord(site_id, "gateway/1", "GW-1"), datalogger(site_id), sensor(site_id))
    written = store.write(Batch(devices=devices, topics=(topic(site_id),)))
    for device in devices:
        store.set_label(device.key.kind, written.device_ids[device.key], "by hand")
        store.set_deleted(device.key.kind, written.device_ids[device.key], True)
    store.set_topic_active(site_id, written.topic_ids[site_id, "sito_001/a"], False)

    # Both the record that has learned its id, and the one that has not.
    known = tuple(device._replace(id=written.device_ids[device.key]) for device in devices[:2])
    store.write(Batch(devices=devices, topics=(topic(site_id, message_count=2),)))
    store.write(Batch(devices=known))

    memory = store.memory(site_id)
    for device in (*memory.gateways, *memory.dataloggers, *memory.sensors):
        assert device.label == "by hand"
        assert device.is_deleted
    assert not memory.topics[0].is_active
    assert memory.topics[0].message_count == 2


def test_the_time_of_discovery_stays_and_a_late_serial_fills_in(store: Store, site_id: int) -> None:
    logger = datalogger(site_id, first_seen_at=5.0)
    logger_id = store.write(Batch(devices=(logger,))).device_ids[logger.key]

    store.write(Batch(devices=(logger._replace(id=logger_id, serial_number="SN123", first_seen_at=9.0),)))

    assert store.memory(site_id).dataloggers == (logger._replace(id=logger_id, serial_number="SN123"),)


@pytest.mark.parametrize("other", ["MNA00542", "mna00542 ", "mna00542\t", "mnà00542"])
def test_serials_that_differ_in_one_byte_are_two_sensors(store: Store, site_id: int, other: str) -> None:
    store.write(Batch(devices=(datalogger(site_id), sensor(site_id, "mna00542"), sensor(site_id, other))))

    assert {record.serial_number for record in store.memory(site_id).sensors} == {"mna00542", other}


def test_topics_as_long_as_mqtt_allows_are_told_apart_by_their_last_byte(store: Store, site_id: int) -> None:
    paths = ["x" * 65_534 + last for last in "aA "]

    written = store.write(Batch(topics=tuple(topic(site_id, path) for path in paths)))

    assert written.refused == ()
    assert len(set(written.topic_ids.values())) == len(paths)
    assert {record.topic_path for record in store.memory(site_id).topics} == set(paths)


def test_what_no_database_stores_is_made_storable(store: Store, site_id: int) -> None:
    nan, infinite = math.nan, math.inf
    logger = datalogger(site_id, raw_metadata={"k\x00\ud800": [nan, "v\x00"]}, clock_skew_seconds=infinite)
    probe = sensor(
        site_id,
        sensor_type="t\x00\udfff",
        unit_of_measure="u" * 1000,
        readings=(Reading(nan, 1.0, {"a": infinite, "b\x00": 1.0}),),
        channels={"a": ChannelStats(1, nan, 0.0, 0.0, 0.0, 0.0), "b": ChannelStats(1, 2.0, 2.0, 2.0, 2.0, 2.0)},
        last_seen_at=nan,
    )
    heard = topic(site_id, "sito_001/\x00", sample_payload="\x00" + "é" * 6000)

    written = store.write(Batch(devices=(logger, probe), topics=(heard,)))

    assert written.refused == ()
    memory = store.memory(site_id)
    assert memory.dataloggers[0].raw_metadata == {"k��": [None, "v�"]}
    assert memory.dataloggers[0].clock_skew_seconds is None
    found = memory.sensors[0]
    assert found.sensor_type == "t��"
    assert found.unit_of_measure == "u" * 255
    assert found.readings == (Reading(None, 1.0, {"b�": 1.0}),)
    assert found.channels == {"b": ChannelStats(1, 2.0, 2.0, 2.0, 2.0, 2.0)}
    assert found.last_seen_at is None
    assert memory.topics[0].topic_path == "sito_001/�"
    assert memory.topics[0].sample_payload == "�" + "é" * 4999


def test_a_row_that_is_refused_does_not_stop_the_others(store: Store, site_id: int) -> None:
    nowhere = 999_999
    orphan = datalogger(nowhere)
    homeless = sensor(site_id, "lost")._replace(slot="monstro/9")
    endless = datalogger(site_id, "monstro/3", total_heartbeats=2**63)
    silent = ConnectionState(nowhere)
    batch = Batch(
        devices=(orphan, datalogger(site_id), sensor(site_id), homeless, endless),
        topics=(topic(nowhere), topic(site_id)),
        states=(silent, ConnectionState(site_id, Status.CONNECTED)),
        parsing_logs=(fault(nowhere), fault(site_id)),
    )

    written = store.write(batch)

    refused = [record for record, _ in written.refused]
    assert len(refused) == 6
    assert all(record in refused for record in (orphan, homeless, endless, silent, topic(nowhere), fault(nowhere)))
    reasons = {id(record): reason for record, reason in written.refused}
    assert "monstro/9" in reasons[id(homeless)]
    assert "total_heartbeats" in reasons[id(endless)]
    memory = store.memory(site_id)
    assert (len(memory.dataloggers), len(memory.sensors), len(memory.topics)) == (1, 1, 1)
    assert memory.state.status == Status.CONNECTED
    assert store.parsing_logs(site_id, 10, 0)[0] == 1


def test_an_id_that_belongs_to_another_device_is_refused(store: Store, site_id: int) -> None:
    loggers = (datalogger(site_id, "monstro/1"), datalogger(site_id, "monstro/2"))
    ids = store.write(Batch(devices=loggers)).device_ids
    unknown_id = max(ids.values()) + 1000

    written = store.write(Batch(devices=(loggers[0]._replace(id=unknown_id),)))

    assert [record.id for record, _ in written.refused] == [unknown_id]
    assert len(store.memory(site_id).dataloggers) == 2


def test_repeats_of_a_fault_are_one_row_with_their_count(store: Store, site_id: int) -> None:
    repeats = (fault(site_id, count=2), fault(site_id, last_at=3.0, sample_payload="new"))
    store.write(Batch(parsing_logs=repeats))
    store.write(Batch(parsing_logs=(fault(site_id, first_at=7.0, last_at=8.0, exception="E", count=10),)))
    store.write(Batch(parsing_logs=(fault(site_id, message="other"),)))

    total, logs = store.parsing_logs(site_id, limit=10, offset=0)

    assert total == 2
    newest = logs[0]
    assert (newest.count, newest.first_at, newest.last_at) == (13, 1.0, 8.0)
    assert (newest.exception, newest.sample_payload) == ("E", "{")
    assert logs[1].message == "other"


def test_logs_come_newest_first_and_page_by_page(store: Store, site_id: int) -> None:
    connection_logs = tuple(
        ConnectionLogRecord(site_id, float(at // 2), "INFO", f"line {at}", Status.CONNECTED) for at in range(7)
    )
    events = tuple(DeviceEventRecord(site_id, float(at), "serial_conflict", "monstro/1", str(at)) for at in range(3))
    store.write(Batch(connection_logs=connection_logs, events=events))

    total, page = store.connection_logs(site_id, limit=3, offset=2)

    assert total == 7
    assert [log.message for log in page] == ["line 4", "line 3", "line 2"]
    assert page[0]._replace(id=None) == connection_logs[4]
    assert [event.message for event in store.device_events(site_id, 10, 0)[1]] == ["2", "1", "0"]


def test_rows_too_large_for_one_statement_are_split(store: Store, site_id: int) -> None:
    # Together twice what MariaDB takes in one statement.
    batch = Batch(devices=tuple(datalogger(site_id, f"adaq/{n}", raw_metadata={"x": "é" * 400_000}) for n in range(40)))

    assert store.write(batch).refused == ()

    assert len(store.memory(site_id).dataloggers) == 40


def test_four_writers_at_once_lose_nothing(store: Store, site_id: int) -> None:
    failures: list[BaseException] = []
    messages = count(1)

    def write() -> None:
        try:
            for _ in range(BATCHES_PER_WRITER):
                # Each writes rows of its own, and all of them the same ones in another order.
                number = next(messages)
                shared = [sensor(site_id, f"S{n}", total_messages=number) for n in range(30)]
                own = datalogger(site_id, f"adaq/{number}")
                devices = (datalogger(site_id), own, *(shared if number % 2 else reversed(shared)))
                store.write(Batch(devices=devices, parsing_logs=(fault(site_id),)))
        except BaseException as error:  # noqa: BLE001  # in a thread: shown by the assertion
            failures.append(error)

    threads = [threading.Thread(target=write) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    memory = store.memory(site_id)
    assert len(memory.dataloggers) == 1 + WRITERS * BATCHES_PER_WRITER
    assert len(memory.sensors) == 30
    assert store.parsing_logs(site_id, 1, 0)[1][0].count == WRITERS * BATCHES_PER_WRITER


def test_two_stores_in_one_process_do_not_mix(store: Store, site_id: int, secrets, tmp_path) -> None:
    other = Store(f"sqlite:///{tmp_path / 'other.db'}", secrets)
    other.migrate()
    other.save_fleet([SiteDraft(code="elsewhere", connection=ConnectionDraft(broker_host="127.0.0.1"))])

    store.write(Batch(devices=(datalogger(site_id),)))

    assert [found.site.code for found in other.configurations()] == ["elsewhere"]
    assert other.memory(site_id).dataloggers == ()
    assert store.installation_id() != other.installation_id()
    other.close()


def test_a_site_never_heard_of_has_an_empty_memory(store: Store) -> None:
    memory = store.memory(17)

    assert memory.state == ConnectionState(17)
    assert memory.gateways == memory.dataloggers == memory.sensors == memory.topics == ()
    assert store.write(Batch()) == BatchWritten()
