"""What the log files hold: one line an event, in the right file, for some days, and never a secret."""

import gzip
import json
import logging
import queue
import threading
from pathlib import Path
from typing import Any

import pytest
from sitewarden.config.log_files import CompressedDaily
from sitewarden.config.logging import WAITING_RECORDS, Outbox, configure, get_logger
from sitewarden.config.settings import Settings, load

HOSTILE = "a\nERROR fake\r\x1b[31m\u202ered\x00"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(sitewarden={"data_dir": tmp_path}, log={"dir": None, "level": "INFO", "keep_days": 7})


def lines(settings: Settings, file: str = "sitewarden.log") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (settings.log_dir / file).read_text().splitlines()]


def test_each_record_goes_to_the_file_of_its_subject(settings: Settings) -> None:
    with configure(settings, console=False):
        get_logger("sitewarden.store").info("migrated")
        get_logger("sitewarden.connections").info("link lost")
        get_logger("sitewarden.connections.dial").info("dialling")
        get_logger("sitewarden.parsing").info("payload refused")
        get_logger("sitewarden.parsings").info("another name")
        logging.getLogger("waitress").warning("of %s", "a library")
    assert [line["event"] for line in lines(settings)] == ["migrated", "another name", "of a library"]
    assert [line["event"] for line in lines(settings, "mqtt_connections.log")] == ["link lost", "dialling"]
    assert [line["event"] for line in lines(settings, "mqtt_parsing.log")] == ["payload refused"]


def test_a_line_says_when_how_grave_who_and_what(settings: Settings) -> None:
    with configure(settings, console=False):
        get_logger("sitewarden.store").bind(site="sito_001").warning("slow", seconds=2.5)
    (line,) = lines(settings)
    assert line.pop("at").endswith("Z")
    assert line == {
        "level": "warning",
        "logger": "sitewarden.store",
        "site": "sito_001",
        "event": "slow",
        "seconds": 2.5,
    }


def test_one_event_is_one_line_whatever_a_device_sent(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    with configure(settings, console=True):
        get_logger("sitewarden.web").info(HOSTILE, topic=HOSTILE, **{HOSTILE: 1})
        logging.getLogger("library").warning("%s", HOSTILE)
    for text in ((settings.log_dir / "sitewarden.log").read_text(), capsys.readouterr().err):
        assert len(text.splitlines()) == 2
        assert all(char == "\n" or char.isprintable() for char in text)
    assert lines(settings)[0]["topic"] == HOSTILE


def test_an_exception_keeps_its_traceback_in_the_file_and_its_name_on_the_console(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with configure(settings, console=True):
        try:
            raise ValueError("bad\nthing")
        except ValueError:
            get_logger("sitewarden.web").exception("request failed")
            logging.getLogger("library").exception("failed too")
    ours, theirs = lines(settings)
    assert "Traceback" in ours["exception"]
    assert "Traceback" in theirs["exception"]
    shown = capsys.readouterr().err.splitlines()
    assert len(shown) == 2
    assert all("ValueError: bad\\nthing" in line for line in shown)


def test_no_secret_is_written_by_its_name_in_a_url_or_from_a_frame(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with configure(settings, console=True):
        log = get_logger("sitewarden.store")
        log.info("given", password="canary1", broker_password="canary2", nested={"API_Token": "canary3"})
        log.error("database gone", url="postgresql://warden:canary4@db:5432/x", detail=["mysql://u:c:a@canary5@h/x"])
        log.info("listening at http://127.0.0.1:8000/a@b")
        try:
            local = "canary6"
            raise ConnectionError("no route to postgresql://warden:canary7@db/x" + local[:0])
        except ConnectionError:
            log.exception("failed")
    written = (settings.log_dir / "sitewarden.log").read_text()
    shown = capsys.readouterr().err
    assert "canary" not in written
    assert "canary" not in shown
    assert "http://127.0.0.1:8000/a@b" in written


def test_the_level_that_is_set_is_the_least_that_is_written(tmp_path: Path) -> None:
    settings = load(sitewarden={"data_dir": tmp_path}, log={"level": "ERROR"})
    with configure(settings, console=False):
        get_logger("sitewarden.store").warning("unheard")
        get_logger("sitewarden.store").error("heard")
    assert [line["event"] for line in lines(settings)] == ["heard"]


def test_what_was_set_up_before_is_back_afterwards(settings: Settings) -> None:
    root, ours = logging.getLogger(), logging.getLogger("sitewarden")
    before = (root.level, list(root.handlers), ours.level, threading.active_count())
    with configure(settings, console=True):
        assert (root.level, list(root.handlers), ours.level, threading.active_count()) != before
    assert (root.level, list(root.handlers), ours.level, threading.active_count()) == before
    get_logger("sitewarden.store").warning("to nobody's file")
    assert lines(settings) == []


def test_without_any_set_up_events_go_where_the_embedding_program_sends_its_own(
    caplog: pytest.LogCaptureFixture,
) -> None:
    get_logger("sitewarden.store").warning("slow", seconds=2)
    assert [record.name for record in caplog.records] == ["sitewarden.store"]


def test_at_midnight_the_day_is_packed_under_its_date_and_the_oldest_days_go(tmp_path: Path) -> None:
    for day in range(1, 5):
        (tmp_path / f"x.log.2025-10-0{day}.gz").write_bytes(b"")
    (tmp_path / "x.log.notes").touch()
    handler = CompressedDaily(tmp_path / "x.log", keep_days=3)
    try:
        handler.emit(logging.makeLogRecord({"msg": "yesterday"}))
        handler.rolloverAt -= 24 * 60 * 60
        handler.emit(logging.makeLogRecord({"msg": "today"}))
    finally:
        handler.close()
    packed = sorted(path.name for path in tmp_path.glob("*.gz"))
    assert packed[:2] == ["x.log.2025-10-03.gz", "x.log.2025-10-04.gz"]
    assert len(packed) == 3
    assert gzip.decompress((tmp_path / packed[2]).read_bytes()) == b"yesterday\n"
    assert (tmp_path / "x.log").read_text() == "today\n"
    assert (tmp_path / "x.log.notes").exists()
    assert not list(tmp_path.glob("*.part"))


def test_log_files_are_their_owners_alone(settings: Settings) -> None:
    with configure(settings, console=False):
        pass
    assert {path.stat().st_mode & 0o777 for path in settings.log_dir.iterdir()} == {0o600}
    assert settings.log_dir.stat().st_mode & 0o777 == 0o700


def test_records_past_what_may_wait_are_dropped_and_the_loss_is_told() -> None:
    waiting: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    outbox = Outbox(waiting)
    for number in range(WAITING_RECORDS + 5):
        outbox.emit(logging.makeLogRecord({"msg": f"line {number}"}))
    assert waiting.qsize() == WAITING_RECORDS

    for _ in range(10):
        waiting.get()
    outbox.emit(logging.makeLogRecord({"msg": "taken again"}))
    told = [waiting.get().getMessage() for _ in range(waiting.qsize())][-2:]
    assert told[0].startswith("5 log records dropped")
    assert told[1] == "taken again"
