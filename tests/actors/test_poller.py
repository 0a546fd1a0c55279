"""Whose turn it is to be read, with sessions that are a socket pair and a count."""

import selectors
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from typing import cast

import pytest
from sitewarden.actors.messages import Now
from sitewarden.actors.mqtt import Session
from sitewarden.actors.poller import Poller

NOW = Now(0.0, 0.0)
READ_BATCH = 4


class Line:
    """What the poller sees of a session; a packet is a byte."""

    def __init__(self, ours: socket.socket, theirs: socket.socket) -> None:
        self.ours, self.theirs = ours, theirs
        self.ahead = b""  # read from the socket, not taken yet
        self.taken: list[int] = []  # packets in each turn
        self.unsent = b""
        self.has_ended = False

    def fileno(self) -> int:
        return self.ours.fileno()

    def read(self, _now: Now, most: int) -> bool:
        with suppress(BlockingIOError):
            self.ahead += self.ours.recv(4096)
        self.taken.append(len(self.ahead[:most]))
        self.ahead = self.ahead[most:]
        return bool(self.ahead)

    def write(self, _now: Now) -> None:
        self.ours.sendall(self.unsent)
        self.unsent = b""

    def wants_write(self) -> bool:
        return bool(self.unsent)

    def tick(self, _now: Now) -> None:
        pass


@pytest.fixture
def selector() -> Iterator[selectors.BaseSelector]:
    with closing(selectors.DefaultSelector()) as selector:
        yield selector


@pytest.fixture
def poller(selector: selectors.BaseSelector) -> Poller:
    return Poller(selector, READ_BATCH)


@pytest.fixture
def add(poller: Poller) -> Iterator[Callable[[], Line]]:
    """Make a line that the poller watches, and that had its first look."""
    with ExitStack() as sockets:

        def make() -> Line:
            ours, theirs = (sockets.enter_context(closing(end)) for end in socket.socketpair())
            ours.setblocking(False)
            theirs.settimeout(5)
            line = Line(ours, theirs)
            poller.add(cast(Session, line))
            turn(poller)
            line.taken.clear()
            return line

        yield make


def turn(poller: Poller) -> None:
    """What the actor thread does in a turn."""
    ready = [(key.data, events) for key, events in poller.selector.select(0)]
    poller.handle(ready, NOW)


def test_a_flood_of_one_site_leaves_the_others_their_turn(poller: Poller, add: Callable[[], Line]) -> None:
    flooding, quiet = add(), add()
    flooding.theirs.sendall(b"x" * 10)
    quiet.theirs.sendall(b"x")
    turn(poller)
    assert (flooding.taken, quiet.taken) == ([READ_BATCH], [1])
    # What it has read ahead no `select` would tell of.
    turn(poller)
    turn(poller)
    assert flooding.taken == [4, 4, 2]
    assert not poller.hungry


def test_a_session_is_looked_at_once_when_it_is_added(poller: Poller, add: Callable[[], Line]) -> None:
    line = add()
    poller.remove(cast(Session, line))
    line.ahead = b"x"  # came while nobody watched
    poller.add(cast(Session, line))
    turn(poller)
    assert line.taken == [1]


def test_a_session_that_has_something_to_send_is_watched_for_that_too(poller: Poller, add: Callable[[], Line]) -> None:
    line = add()
    line.unsent = b"ping"
    poller.tick(NOW)
    turn(poller)
    assert line.theirs.recv(10) == b"ping"
    assert poller.selector.get_key(line).events == selectors.EVENT_READ


def test_a_session_that_has_ended_is_watched_no_longer(poller: Poller, add: Callable[[], Line]) -> None:
    line = add()
    line.has_ended = True
    line.theirs.sendall(b"x")
    turn(poller)
    assert not poller.sessions
    assert not poller.selector.get_map()


def test_when_reading_stops_what_is_written_still_goes_out(poller: Poller, add: Callable[[], Line]) -> None:
    line = add()
    poller.stop_reading()
    line.theirs.sendall(b"x")
    line.unsent = b"goodbye"
    turn(poller)
    poller.tick(NOW)
    assert line.taken == []
    assert line.theirs.recv(10) == b"goodbye"
