"""The one way into the actor thread: messages from other threads, and the bell that wakes it."""

import selectors
import socket
from collections import deque

from thespian.actors import ActorAddress

# As much as one read takes from the bell; each ring is a byte, and rings while it is rung are not sent.
BELL_BYTES = 64


class Inbox:
    """A queue that any thread puts into and the actor thread empties."""

    def __init__(self, selector: selectors.BaseSelector) -> None:
        self.messages: deque[tuple[ActorAddress, object]] = deque()
        self.bell, self.rope = socket.socketpair()
        self.bell.setblocking(False)
        self.rope.setblocking(False)
        selector.register(self.bell, selectors.EVENT_READ, self)

    def put(self, to: ActorAddress, message: object) -> None:
        self.messages.append((to, message))
        self.ring()

    def ring(self) -> None:
        """Wake the actor thread."""
        try:
            self.rope.send(b"!")
        except BlockingIOError:
            pass  # The bell is full of rings already: the thread is about to wake.
        except OSError:
            pass  # The runtime has stopped; whoever waits for an answer is told by its deadline.

    def silence(self) -> None:
        """Take the rings, so that `select` waits for the next one. Call it before emptying the queue."""
        try:
            while len(self.bell.recv(BELL_BYTES)) == BELL_BYTES:
                pass
        except BlockingIOError:
            pass

    def close(self) -> None:
        self.bell.close()
        self.rope.close()
