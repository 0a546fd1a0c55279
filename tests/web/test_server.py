"""Waitress over a real socket."""

import http.client
import socket
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from servers.process import wait_until
from sitewarden.web.server import BindFailed, WebServer

from .installation import API, DEADLINE, Installation

THREADS = 4
STOP_TIMEOUT = 5.0  # seconds


def hello(_environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]


class Slow:
    """An application whose answer waits until it is let go."""

    def __init__(self) -> None:
        self.is_asked = threading.Event()
        self.may_answer = threading.Event()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.is_asked.set()
        assert self.may_answer.wait(DEADLINE)
        return hello(environ, start_response)


@pytest.fixture
def server() -> Iterator[WebServer]:
    server = WebServer(hello, "127.0.0.1:0", THREADS)
    server.start()
    yield server
    server.stop(STOP_TIMEOUT)


def ask(port: int, path: str = "/", host: str = "127.0.0.1", **options: Any) -> tuple[int, dict[str, str], bytes]:
    client = http.client.HTTPConnection(host, port, timeout=DEADLINE)
    client.request(options.pop("method", "GET"), path, **options)
    answer = client.getresponse()
    content = answer.read()
    client.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, content


def is_open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=DEADLINE).close()
    except OSError:
        return False
    return True


def test_the_api_is_served_over_a_socket(installation: Installation) -> None:
    server = WebServer(installation.client.app, "127.0.0.1:0", THREADS)
    server.start()
    try:
        status, headers, _ = ask(server.port, f"{API}/system/health")
        assert status == 200
        assert "server" not in headers
        token = {"Authorization": f"Bearer {installation.tokens['admin']}"}
        status, _, content = ask(server.port, f"{API}/sites", headers=token)
        assert status == 200
        assert b"Ponte Nord" in content
    finally:
        server.stop(STOP_TIMEOUT)


def test_a_stopped_server_lets_go_of_its_port_and_of_its_thread(server: WebServer) -> None:
    idle = socket.create_connection(("127.0.0.1", server.port))
    assert ask(server.port)[2] == b"hello"
    server.stop(STOP_TIMEOUT)
    assert not is_open(server.port)
    assert not server.thread.is_alive()
    assert idle.recv(1) == b""
    again = WebServer(hello, f"127.0.0.1:{server.port}", THREADS)
    again.start()
    again.stop(STOP_TIMEOUT)


def test_a_running_request_ends_before_the_server_does() -> None:
    slow = Slow()
    server = WebServer(slow, "127.0.0.1:0", THREADS)
    server.start()
    answers: list[bytes] = []
    client = threading.Thread(target=lambda: answers.append(ask(server.port)[2]))
    client.start()
    assert slow.is_asked.wait(DEADLINE)
    stopper = threading.Thread(target=server.stop, args=(DEADLINE,))
    stopper.start()
    assert wait_until(lambda: not is_open(server.port), DEADLINE)
    assert stopper.is_alive()
    slow.may_answer.set()
    stopper.join(DEADLINE)
    client.join(DEADLINE)
    assert answers == [b"hello"]


def test_a_request_that_takes_too_long_does_not_keep_the_server() -> None:
    slow = Slow()
    server = WebServer(slow, "127.0.0.1:0", THREADS)
    server.start()
    client = socket.create_connection(("127.0.0.1", server.port))
    client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert slow.is_asked.wait(DEADLINE)
    server.stop(timeout=0.1)
    assert not server.thread.is_alive()
    assert client.recv(1) == b""
    slow.may_answer.set()


def test_a_port_in_use_is_an_error_that_names_the_setting(server: WebServer) -> None:
    with pytest.raises(BindFailed, match=rf"HTTP_BIND.*127\.0\.0\.1:{server.port}.*in use"):
        WebServer(hello, f"127.0.0.1:{server.port}", THREADS).start()


@pytest.mark.parametrize("bind", ["192.0.2.1:0", "no-such-host.invalid:0"])
def test_a_host_that_is_not_ours_is_an_error_that_names_the_setting(bind: str) -> None:
    with pytest.raises(BindFailed, match="HTTP_BIND"):
        WebServer(hello, bind, THREADS).start()


@pytest.mark.skipif(not socket.has_ipv6, reason="needs IPv6")
def test_an_ipv6_host_stands_in_brackets() -> None:
    server = WebServer(hello, "[::1]:0", THREADS)
    server.start()
    assert ask(server.port, host="::1")[2] == b"hello"
    server.stop(STOP_TIMEOUT)


def test_a_body_beyond_the_limit_is_refused(server: WebServer) -> None:
    status, _, _ = ask(server.port, method="POST", headers={"Content-Length": str(2 * 1024 * 1024)})
    assert status == 413


def test_a_line_that_is_no_http_is_refused(server: WebServer) -> None:
    client = socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE)
    client.sendall(b"nonsense\r\n\r\n")
    assert client.recv(100).startswith(b"HTTP/1.0 400")
    client.close()
