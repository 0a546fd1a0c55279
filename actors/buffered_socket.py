"""A socket between paho and the kernel that saves system calls."""

import socket
import ssl
from contextlib import suppress

# The largest record of TLS, four times: what a busy broker has ready for us at a time.
RECEIVE_BYTES = 65_536


class BufferedSocket:
    """A socket that reads ahead, and gathers what is written until it is flushed.

    paho asks for a packet in three reads or more, two of them of a single byte, and writes each acknowledgement by
    itself: a system call each, which costs more than all that is done with the message. It also closes the socket when
    a write fails, and never reads what the broker had said before it closed.
    """

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.buffer = b""
        self.start = 0
        self.filled = False
        self.unsent = bytearray()
        self.lingers = False  # is not closed by paho, but by us after `drain`
        self.error: OSError | None = None  # what ended it, which paho keeps to itself

    def recv(self, size: int) -> bytes:
        end = self.start + size
        chunk = self.buffer[self.start : end]
        if chunk:
            self.start = end
            return chunk
        self.filled = False
        try:
            self.buffer = self.sock.recv(RECEIVE_BYTES)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except OSError as error:
            self.error = error
            raise
        self.filled = len(self.buffer) == RECEIVE_BYTES
        self.start = size
        return self.buffer[:size]

    @property
    def has_more(self) -> bool:
        """Whether there is something to read that `select` would not tell of."""
        if self.start < len(self.buffer) or self.filled:
            return True
        return isinstance(self.sock, ssl.SSLSocket) and self.sock.pending() > 0

    def send(self, data: bytes) -> int:
        self.unsent += data
        return len(data)

    def flush(self) -> None:
        """Send what was gathered, as far as the socket takes it. Raises `OSError` if it is broken."""
        while self.unsent:
            try:
                sent = self.sock.send(self.unsent)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            del self.unsent[:sent]

    def drain(self) -> bool:
        """Send what is left and that nothing follows, and forget what still comes; True once the other side closed.

        The kernel answers data that nobody reads with a reset, and a reset takes with it what we sent last.
        """
        try:
            self.flush()
            if not self.unsent:
                self.sock.shutdown(socket.SHUT_WR)
            while self.sock.recv(RECEIVE_BYTES):
                pass
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        except OSError:
            return True
        return True

    def close(self) -> None:
        if self.lingers:
            return
        with suppress(OSError):  # nobody may be there to take it
            self.flush()
        self.sock.close()

    def fileno(self) -> int:
        return self.sock.fileno()

    def setblocking(self, flag: bool) -> None:
        self.sock.setblocking(flag)
