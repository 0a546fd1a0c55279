"""A running Sitewarden inside another program."""

import signal
import sqlite3
import threading
from pathlib import Path

import pytest
from servers.mosquitto import Mosquitto
from servers.process import wait_until
from sitewarden.config.settings import AdminSection, Settings, load
from sitewarden.shell.admin_client import NotRunning, SocketUnusable, ask
from sitewarden.shell.installation import Installation
from sitewarden.shell.instance_lock import AlreadyRunning, only_instance
from sitewarden.shell.open_store import open_store
from sitewarden.web.server import BindFailed


def settings_at(data_dir: Path, bind: str = "127.0.0.1:0") -> Settings:
    return load(sitewarden={"data_dir": data_dir}, database={"url": None}, admin={"socket": None}, http={"bind": bind})


def test_two_of_them_run_in_one_process_and_each_answers_for_itself(tmp_path: Path) -> None:
    one, other = settings_at(tmp_path / "one"), settings_at(tmp_path / "two")
    with Installation(one) as first, Installation(other) as second:
        assert first.url != second.url
        assert first.store.installation_id() != second.store.installation_id()
        assert ask(one.admin_socket, "status")["running"]
        assert ask(other.admin_socket, "status")["running"]
    for settings in (one, other):
        with pytest.raises(NotRunning):
            ask(settings.admin_socket, "status")


def test_two_of_them_cannot_share_a_data_directory(tmp_path: Path) -> None:
    first, second = Installation(settings_at(tmp_path)), Installation(settings_at(tmp_path))
    with first, pytest.raises(AlreadyRunning), second:
        pass


def test_it_takes_no_signals_and_leaves_no_thread(tmp_path: Path) -> None:
    handlers, threads = (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)), threading.enumerate()
    with Installation(settings_at(tmp_path)):
        assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == handlers
        assert len(threading.enumerate()) > len(threads)
    assert threading.enumerate() == threads


def test_a_start_that_fails_half_way_stops_what_had_started(tmp_path: Path, mosquitto: Mosquitto) -> None:
    threads = threading.enumerate()
    with pytest.raises(BindFailed), Installation(settings_at(tmp_path, bind=f"127.0.0.1:{mosquitto.port}")):
        pass
    assert threading.enumerate() == threads
    with only_instance(tmp_path):
        pass


def test_an_unsafe_place_for_the_admin_socket_is_refused_before_anybody_is_served(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    # The port is taken too: who says so has tried to serve.
    settings = settings_at(tmp_path / "data", bind=f"127.0.0.1:{mosquitto.port}")
    unsafe = settings.model_copy(update={"admin": AdminSection(socket=tmp_path / "open" / "s")})
    with pytest.raises(SocketUnusable, match="everybody may write"), Installation(unsafe):
        pass


def test_a_start_waits_for_whoever_holds_the_database(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    settings = settings_at(tmp_path)
    with open_store(settings):
        pass
    with sqlite3.connect(tmp_path / "sitewarden.db", isolation_level=None, check_same_thread=False) as holder:
        holder.execute("BEGIN IMMEDIATE")
        started = threading.Event()

        def start() -> None:
            with Installation(settings):
                started.set()

        thread = threading.Thread(target=start)
        thread.start()
        assert wait_until(lambda: "waiting for the database" in caplog.text, 30)
        assert "another process holds it" in caplog.text
        assert not started.is_set()
        holder.execute("ROLLBACK")
        assert started.wait(30)
        thread.join()


def test_it_can_be_started_again_after_it_was_stopped(tmp_path: Path) -> None:
    settings = settings_at(tmp_path)
    with Installation(settings) as first:
        installation_id = first.store.installation_id()
    with Installation(settings) as second:
        assert second.store.installation_id() == installation_id
