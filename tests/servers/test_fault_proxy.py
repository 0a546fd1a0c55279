"""The fault proxy does to a connection what its tests rely on."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest
from servers.fault_proxy import FaultProxy, Way
from servers.ports import HOST
from servers.process import wait_until

DEADLINE = 10.0  # seconds; for what must come
SILENCE = 0.3  # seconds without an answer that count as none


@pytest.fixture
def echo() -> Iterator[int]:
    """A server that sends back what it gets; the port."""
    clients: list[socket.socket] = []
    with closing(socket.create_server((HOST, 0))) as server:

        def serve(client: socket.socket) -> None:
            with closing(client), suppress(OSError):
                while data := client.recv(1024):
                    client.sendall(data)

        def accept() -> None:
            with suppress(OSError):  # it was shut down
                while True:
                    client, _ = server.accept()
                    clients.append(client)
                    threading.Thread(target=serve, args=(client,)).start()

        thread = threading.Thread(target=accept)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
        for client in clients:
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def proxy(echo: int) -> Iterator[FaultProxy]:
    with FaultProxy(echo) as proxy:
        yield proxy


def dial(proxy: FaultProxy) -> socket.socket:
    return socket.create_connection((proxy.host, proxy.port), timeout=DEADLINE)


def says(client: socket.socket, word: bytes) -> bytes:
    """Send a word and give the whole answer, or what came before the end or a silence."""
    client.sendall(word)
    return hears(client, len(word))


def hears(client: socket.socket, most: int, seconds: float = DEADLINE) -> bytes:
    client.settimeout(seconds)
    heard = b""
    with suppress(TimeoutError):
        while len(heard) < most and (data := client.recv(most - len(heard))):
            heard += data
    return heard


def test_what_is_said_passes_and_each_connection_is_counted_with_its_time(proxy: FaultProxy) -> None:
    with dial(proxy) as one, dial(proxy) as other:
        assert says(one, b"one") == b"one"
        assert says(other, b"other") == b"other"
    assert len(proxy.accepted) == 2
    assert proxy.accepted == sorted(proxy.accepted)


def test_a_cut_connection_is_reset_and_a_new_one_is_taken(proxy: FaultProxy) -> None:
    with dial(proxy) as client:
        assert says(client, b"word") == b"word"
        proxy.cut()
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    with dial(proxy) as client:
        assert says(client, b"word") == b"word"


def test_a_closed_connection_ends_in_order(proxy: FaultProxy) -> None:
    with dial(proxy) as client:
        assert says(client, b"word") == b"word"
        proxy.hang_up()
        assert client.recv(1) == b""


def test_while_it_refuses_nobody_comes_in_and_who_is_in_stays(proxy: FaultProxy) -> None:
    with dial(proxy) as client:
        assert says(client, b"word") == b"word"
        proxy.refuse()
        with pytest.raises(ConnectionRefusedError):
            dial(proxy)
        assert says(client, b"word") == b"word"
        proxy.mend()
        with dial(proxy) as other:
            assert says(other, b"word") == b"word"


def test_while_it_ignores_nobody_is_answered_at_all(proxy: FaultProxy) -> None:
    proxy.ignore()
    with pytest.raises(TimeoutError):
        socket.create_connection((proxy.host, proxy.port), timeout=SILENCE)
    assert proxy.accepted == []
    proxy.mend()
    with dial(proxy) as client:
        assert says(client, b"word") == b"word"


def test_a_delay_makes_an_answer_wait_and_keeps_the_order(proxy: FaultProxy) -> None:
    with dial(proxy) as client:
        proxy.delay(2 * SILENCE)
        client.sendall(b"one")
        assert hears(client, 3, seconds=SILENCE) == b""
        client.sendall(b"two")
        assert hears(client, 6) == b"onetwo"


@pytest.mark.parametrize("ways", [(Way.TO_SERVER,), (Way.TO_CLIENT,), ()])
def test_a_black_hole_swallows_without_a_word_and_gives_back_when_it_is_mended(
    proxy: FaultProxy, ways: tuple[Way, ...]
) -> None:
    with dial(proxy) as client:
        assert says(client, b"word") == b"word"
        proxy.swallow(*ways)
        client.sendall(b"later")
        assert hears(client, 5, seconds=SILENCE) == b""
        proxy.mend()
        assert hears(client, 5) == b"later"


def test_a_new_connection_into_a_black_hole_is_taken_and_not_answered(proxy: FaultProxy) -> None:
    proxy.swallow()
    with dial(proxy) as client:
        client.sendall(b"word")
        assert hears(client, 4, seconds=SILENCE) == b""
    assert wait_until(lambda: len(proxy.accepted) == 1, DEADLINE)


def test_a_kick_comes_after_so_many_bytes_of_the_answer(proxy: FaultProxy) -> None:
    proxy.kick_after(4)
    with dial(proxy) as client:
        assert says(client, b"welcome") == b"welc"
    proxy.mend()
    with dial(proxy) as client:
        assert says(client, b"welcome") == b"welcome"


def test_without_a_server_each_connection_is_taken_counted_and_reset(proxy: FaultProxy) -> None:
    with FaultProxy(proxy.port) as before:
        proxy.refuse()
        with pytest.raises(ConnectionResetError), dial(before) as client:  # it may come before we have asked
            client.recv(1)
        assert wait_until(lambda: len(before.accepted) == 1, DEADLINE)
