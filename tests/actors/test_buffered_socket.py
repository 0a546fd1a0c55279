"""The socket under paho, on a pair of real ones."""

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest
from sitewarden.actors.buffered_socket import RECEIVE_BYTES, BufferedSocket

LARGE = 10 * 1024 * 1024  # bytes: more than a socket pair holds


@pytest.fixture
def ends() -> Iterator[tuple[BufferedSocket, socket.socket]]:
    """Our end, which does not block, and the broker's."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with closing(ours), closing(theirs):
        yield BufferedSocket(ours), theirs


Ends = tuple[BufferedSocket, socket.socket]


def test_what_came_is_given_in_pieces_of_any_size(ends: Ends) -> None:
    ours, theirs = ends
    theirs.sendall(b"abcdefgh")
    assert [ours.recv(1), ours.recv(1), ours.recv(3)] == [b"a", b"b", b"cde"]
    assert ours.has_more
    assert ours.recv(100) == b"fgh"
    assert not ours.has_more


def test_where_nothing_came_it_says_so_as_a_socket_does(ends: Ends) -> None:
    ours, theirs = ends
    with pytest.raises(BlockingIOError):
        ours.recv(1)
    theirs.sendall(b"a")
    assert ours.recv(1) == b"a"
    theirs.close()
    assert ours.recv(1) == b""


def test_a_read_that_was_filled_is_tried_again_before_select_is_asked(ends: Ends) -> None:
    ours, theirs = ends
    theirs.setblocking(False)
    sent = theirs.send(b"x" * (RECEIVE_BYTES + 1))
    assert sent == RECEIVE_BYTES + 1
    assert len(ours.recv(RECEIVE_BYTES)) == RECEIVE_BYTES
    assert ours.has_more
    assert ours.recv(RECEIVE_BYTES) == b"x"
    assert not ours.has_more


def test_what_is_written_goes_out_as_one_when_it_is_flushed(ends: Ends) -> None:
    ours, theirs = ends
    theirs.setblocking(False)
    assert [ours.send(piece) for piece in (b"ab", b"cd")] == [2, 2]
    with pytest.raises(BlockingIOError):
        theirs.recv(100)
    ours.flush()
    assert theirs.recv(100) == b"abcd"


def test_what_the_peer_does_not_take_waits_in_its_order(ends: Ends) -> None:
    ours, theirs = ends
    ours.send(b"x" * LARGE)
    ours.flush()
    assert ours.unsent
    assert ours.send(b"end") == len(b"end")
    received = bytearray()
    while len(received) < LARGE + len(b"end"):
        received += theirs.recv(LARGE)
        ours.flush()
    assert received == b"x" * LARGE + b"end"
    assert not ours.unsent


def test_closing_sends_what_was_gathered(ends: Ends) -> None:
    ours, theirs = ends
    ours.send(b"goodbye")
    ours.close()
    assert theirs.recv(100) == b"goodbye"


def test_closing_needs_nobody_there(ends: Ends) -> None:
    ours, theirs = ends
    theirs.close()
    ours.send(b"goodbye")
    ours.close()
    assert ours.fileno() == -1


def test_the_error_that_ended_it_is_kept(ends: Ends) -> None:
    """paho reads it, and says no more than that the connection was lost."""
    ours, theirs = ends
    with pytest.raises(BlockingIOError):
        ours.recv(1)
    assert ours.error is None
    ours.send(b"unread")
    ours.flush()
    theirs.close()  # with something unread: a reset
    with pytest.raises(ConnectionResetError):
        ours.recv(1)
    assert isinstance(ours.error, ConnectionResetError)
