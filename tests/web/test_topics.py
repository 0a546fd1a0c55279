"""Topics and logs of a site."""

from typing import Any

from servers.process import wait_until

from .installation import DEADLINE, Installation, heartbeat


def site_list(installation: Installation, name: str, **params: object) -> Any:
    return installation.get(f"mqtt/sites/{installation.ids['north']}/{name}/", params=params)["results"]


def discovered(installation: Installation, ending: str) -> Any:
    topics = site_list(installation, "discovered-topics")
    return next((topic for topic in topics if topic["topic_path"].endswith(ending)), None)


def test_a_configured_topic_tells_which_qos_it_gets(installation: Installation) -> None:
    [topic] = site_list(installation, "topics")
    assert (topic["qos_level"], topic["subscribed_qos_level"], topic["is_active"]) == (2, 1, True)


def test_a_topic_that_was_heard_is_in_the_catalogue(installation: Installation) -> None:
    topic = discovered(installation, "/datalogger/monstro/1/heartbeat")
    assert topic["is_processable"] is True
    assert topic["processor_name"] == "datalogger_heartbeat"
    assert topic["message_count"] >= 1
    assert "MNA00542" in topic["sample_payload"]
    assert topic["first_seen_at"].endswith("Z")


def test_topics_are_filtered_and_ordered(installation: Installation) -> None:
    paths = [topic["topic_path"] for topic in site_list(installation, "discovered-topics", ordering="-topic_path")]
    assert paths == sorted(paths, reverse=True)
    assert all(topic["is_active"] for topic in site_list(installation, "discovered-topics", is_active="true"))


def test_a_paused_topic_is_no_longer_taken(installation: Installation) -> None:
    north, prefix = installation.ids["north"], installation.codes["north"]
    topic = discovered(installation, "/datalogger/adaq/1/heartbeat")
    path = f"mqtt/sites/{north}/discovered-topics/{topic['id']}/"
    paused = installation.ask("PATCH", path, "operator", json={"is_active": False})
    assert (paused.status_code, paused.json["is_active"]) == (200, False)
    assert wait_until(lambda: not discovered(installation, "/adaq/1/heartbeat")["is_active"], DEADLINE)

    before = installation.first("monitoring/sensors/", search="MAS8AT00")["total_messages"]
    installation.publish(f"{prefix}/datalogger/adaq/1/heartbeat", heartbeat(prefix, "MAS8AT00", z=1.5))
    # The broker keeps the order of one site's messages: once this one has been taken, the paused one was there.
    installation.publish(f"{prefix}/datalogger/monstro/1/heartbeat", heartbeat(prefix, "MNA00542", z=1.5))
    assert wait_until(
        lambda: installation.first("monitoring/sensors/", search="MNA00542")["last_data_1"]["acc02"] == 1.5, DEADLINE
    )
    assert installation.first("monitoring/sensors/", search="MAS8AT00")["total_messages"] == before

    assert installation.ask("PATCH", path, "operator", json={"is_active": True}).json["is_active"] is True


def test_only_whether_a_topic_is_taken_can_be_changed(installation: Installation) -> None:
    topic = discovered(installation, "/adaq/1/heartbeat")
    path = f"mqtt/sites/{installation.ids['north']}/discovered-topics/{topic['id']}/"
    refused = installation.ask("PATCH", path, json={"is_active": False, "is_processable": True})
    assert refused.status_code == 422
    assert set(refused.json["error"]["fields"]) == {"is_processable"}
    assert installation.ask("PATCH", path, json={"is_active": "false"}).status_code == 422
    assert discovered(installation, "/adaq/1/heartbeat")["is_active"] is True


def test_a_topic_of_another_site_is_not_found(installation: Installation) -> None:
    topic = discovered(installation, "/adaq/1/heartbeat")
    path = f"mqtt/sites/{installation.ids['south']}/discovered-topics/{topic['id']}/"
    assert installation.ask("PATCH", path, json={"is_active": False}).status_code == 404


def test_a_connections_history_begins_with_what_is_newest(installation: Installation) -> None:
    assert wait_until(lambda: bool(site_list(installation, "connection-logs")), DEADLINE)
    lines = site_list(installation, "connection-logs")
    assert lines == sorted(lines, key=lambda line: line["timestamp"], reverse=True)
    assert "connected" in {line["status"] for line in lines}


def test_a_message_that_cannot_be_read_is_in_the_parsing_log(installation: Installation) -> None:
    prefix = installation.codes["north"]
    for _ in range(2):
        installation.publish(f"{prefix}/datalogger/monstro/1/heartbeat", {"sensors_last_data": "<script>"})

    def fault() -> Any:
        return next(
            (row for row in site_list(installation, "parsing-logs") if "<script>" in row["sample_payload"]), None
        )

    assert wait_until(lambda: bool(fault()) and fault()["count"] == 2, DEADLINE)
    assert fault()["error_type"] == "VALIDATION_ERROR"
    assert fault()["topic"] == f"{prefix}/datalogger/monstro/1/heartbeat"
    page = installation.get(f"mqtt/sites/{installation.ids['north']}/parsing-logs/", params={"page_size": 1})
    assert (page["count"] >= 1, len(page["results"])) == (True, 1)


def test_replaced_hardware_is_an_event(installation: Installation) -> None:
    prefix = installation.codes["north"]
    for serial in ("SN-1", "SN-2"):
        beat = {**heartbeat(prefix), "serial_number": serial}
        installation.publish(f"{prefix}/datalogger/monstro/7/heartbeat", beat)
    assert wait_until(lambda: bool(site_list(installation, "device-events")), DEADLINE)
    [event] = site_list(installation, "device-events")
    assert event["event"] == "hardware_replaced"
    assert "SN-2" in event["message"]
    assert event["at"].endswith("Z")
