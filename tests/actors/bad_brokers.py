"""Ports behind which no broker does its work, each bad in its own way: context managers that give the port."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager

from servers.ports import HOST

ACCEPT_SECONDS = 0.05
CLIENT_SECONDS = 10.0
RECEIVE_BYTES = 4096

ACCEPTED = bytes.fromhex("20 02 00 00")  # a whole CONNACK
ACCEPTED_V5 = bytes.fromhex("20 03 00 00 00")
SUBACK = bytes.fromhex("90 03")  # followed by the packet's identifier and one code
REFUSED = bytes.fromhex("80")

# As many as fill the queue of a port that lets one wait: Linux takes one more than it is told.
FILLING = 2


@contextmanager
def mute() -> Iterator[int]:
    """TCP is taken, and CONNECT is never answered."""
    with closing(socket.create_server((HOST, 0))) as server:
        yield server.getsockname()[1]


@contextmanager
def black_hole() -> Iterator[int]:
    """Not even TCP is answered: the queue of connections is full, and the kernel drops who comes."""
    with ExitStack() as open_sockets, closing(socket.create_server((HOST, 0), backlog=0)) as server:
        for _ in range(FILLING):
            client = open_sockets.enter_context(closing(socket.socket()))
            client.setblocking(False)
            client.connect_ex(server.getsockname())
        yield server.getsockname()[1]


@contextmanager
def kicking() -> Iterator[int]:
    """TCP is taken and dropped at once, each time."""
    with serving(lambda client: client.close()) as port:
        yield port


@contextmanager
def kicking_after_connack() -> Iterator[int]:
    """CONNECT is accepted, and the connection dropped with it, each time."""

    def kick(client: socket.socket) -> None:
        client.recv(RECEIVE_BYTES)
        client.sendall(ACCEPTED)

    with serving(kick) as port:
        yield port


@contextmanager
def disconnecting(code: int) -> Iterator[int]:
    """A broker of MQTT 5 that accepts CONNECT, and disconnects with a reason code (section 3.14.2.1)."""

    def disconnect(client: socket.socket) -> None:
        client.recv(RECEIVE_BYTES)
        client.sendall(ACCEPTED_V5 + bytes([0xE0, 2, code, 0]))
        client.recv(RECEIVE_BYTES)

    with serving(disconnect) as port:
        yield port


@contextmanager
def speaking_http() -> Iterator[int]:
    """Something else listens there."""

    def answer(client: socket.socket) -> None:
        client.recv(RECEIVE_BYTES)
        client.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n" + b" " * RECEIVE_BYTES)

    with serving(answer) as port:
        yield port


@contextmanager
def refusing_subscriptions() -> Iterator[int]:
    """CONNECT is accepted, and one filter refused (MQTT 3.1.1 section 3.9.3), which mosquitto never does."""

    def refuse(client: socket.socket) -> None:
        client.recv(RECEIVE_BYTES)
        client.sendall(ACCEPTED)
        subscribe = client.recv(RECEIVE_BYTES)
        client.sendall(SUBACK + subscribe[2:4] + REFUSED)
        client.recv(RECEIVE_BYTES)

    with serving(refuse) as port:
        yield port


@contextmanager
def serving(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """Serve one client after another in a thread."""
    is_over = threading.Event()
    with closing(socket.create_server((HOST, 0))) as server:
        server.settimeout(ACCEPT_SECONDS)

        def accept() -> None:
            while not is_over.is_set():
                try:
                    client, _ = server.accept()
                except TimeoutError:
                    continue
                with closing(client):
                    client.settimeout(CLIENT_SECONDS)
                    serve(client)

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            is_over.set()
            thread.join()
