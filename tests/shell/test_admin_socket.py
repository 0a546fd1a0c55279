"""The admin socket: who gets in, what is answered, and what is found where it should be."""

import json
import os
import socket
import stat
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sitewarden.shell.admin_client import NotRunning, SocketUnusable, ask
from sitewarden.shell.admin_socket import SILENCE_SECONDS, AdminSocket
from sitewarden.shell.refusal import Refusal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    # Shorter than a test's own directory may be: a socket's path has about 100 characters.
    return tmp_path / "s"


def broken(request: Mapping[str, Any]) -> Mapping[str, object]:
    raise ValueError(f"cannot {request['command']}")


@contextmanager
def listening(path: Path, **commands: Callable[[Any], Mapping[str, object]]) -> Iterator[AdminSocket]:
    door = AdminSocket(path, {"echo": lambda request: {"heard": request}, "broken": broken, **commands})
    door.start()
    try:
        yield door
    finally:
        door.stop()


def converse(path: Path, *lines: bytes) -> list[dict[str, Any]]:
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(10)
        link.connect(str(path))
        link.sendall(b"".join(lines))
        with link.makefile("rb") as answers:
            return [json.loads(answers.readline()) for _ in lines]


def test_a_command_is_answered(path: Path) -> None:
    with listening(path):
        assert ask(path, "echo") == {"heard": {"command": "echo"}}


def test_a_conversation_has_as_many_answers_as_lines_and_survives_bad_ones(path: Path) -> None:
    with listening(path):
        answers = converse(
            path,
            b'{"command": "echo"}\n',
            b"rubbish\n",
            b"[]\n",
            b'{"command": ["echo"]}\n',
            b'{"command": "shutdown"}\n',
            b"[" * 10_000 + b"\n",
            b'{"command": "broken"}\n',
            b'{"command": "echo", "more": 1}\n',
        )
    codes = [answer.get("error", {}).get("code", "ok") for answer in answers]
    assert codes == ["ok", *["bad_request"] * 5, "failed", "ok"]
    assert answers[-2]["error"]["message"] == "ValueError: cannot broken"


def test_a_refusal_comes_back_in_the_words_of_whoever_refused(path: Path) -> None:
    def refuse(request: Mapping[str, Any]) -> Mapping[str, object]:
        raise Refusal(f"not {request['site']}")

    with listening(path, refuse=refuse), pytest.raises(Refusal, match=r"^not sito_001$"):
        ask(path, "refuse", site="sito_001")


def test_only_the_owner_can_open_it(path: Path) -> None:
    with listening(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_nothing_is_left_behind_and_nobody_answers_after_the_stop(path: Path) -> None:
    with listening(path):
        pass
    assert not path.exists()
    with pytest.raises(NotRunning):
        ask(path, "echo")


def test_a_silent_client_does_not_hold_up_the_stop(path: Path) -> None:
    with listening(path) as door, socket.socket(socket.AF_UNIX) as silent:
        silent.connect(str(path))
        assert ask(path, "echo")
        stopper = threading.Thread(target=door.stop)
        stopper.start()
        # Half of what the client would be waited for if nobody hung up on it.
        stopper.join(SILENCE_SECONDS / 2)
        assert not stopper.is_alive()


def test_an_answer_that_is_under_way_is_still_given(path: Path) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def slow(request: Any) -> Mapping[str, object]:
        asked.set()
        go_on.wait(30)
        return {"late": request["command"]}

    answers: list[dict[str, Any]] = []
    with listening(path, slow=slow):
        client = threading.Thread(target=lambda: answers.append(ask(path, "slow")))
        client.start()
        assert asked.wait(10)
        threading.Timer(0.2, go_on.set).start()
    client.join(10)
    assert answers == [{"late": "slow"}]


def test_the_socket_of_a_killed_sitewarden_is_replaced(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
        dead.listen()
    assert path.exists()
    with pytest.raises(NotRunning):
        ask(path, "echo")
    with listening(path):
        assert ask(path, "echo")


def test_a_socket_that_answers_is_not_taken_away(path: Path) -> None:
    with listening(path):
        with pytest.raises(SocketUnusable, match="another Sitewarden listens"):
            AdminSocket(path, {}).start()
        assert ask(path, "echo")


def test_a_file_that_is_no_socket_is_not_removed(path: Path) -> None:
    path.write_text("precious")
    with pytest.raises(SocketUnusable, match="is not a socket"):
        AdminSocket(path, {}).start()
    assert path.read_text() == "precious"


def test_a_directory_where_everybody_may_write_is_refused(path: Path) -> None:
    os.chmod(path.parent, 0o777)
    with pytest.raises(SocketUnusable, match="everybody may write"):
        AdminSocket(path, {}).start()


def test_a_directory_that_is_not_there_is_not_made(path: Path) -> None:
    with pytest.raises(SocketUnusable, match="ADMIN_SOCKET"):
        AdminSocket(path / "s", {}).start()
    assert not path.exists()


def test_a_path_that_is_too_long_is_refused_with_the_setting_to_change(tmp_path: Path) -> None:
    with pytest.raises(SocketUnusable, match="ADMIN_SOCKET"):
        AdminSocket(tmp_path / ("long" * 50), {}).start()


def test_somebody_else_at_the_socket_is_told_apart_from_sitewarden(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.bind(str(path))
        stranger.listen()

        def greet() -> None:
            link, _ = stranger.accept()
            with link:
                link.sendall(b"220 hello\n")

        thread = threading.Thread(target=greet)
        thread.start()
        with pytest.raises(SocketUnusable, match="gives no answer"):
            ask(path, "echo")
        thread.join(10)
