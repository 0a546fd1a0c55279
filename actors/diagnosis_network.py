"""The first stages of a diagnosis: DNS and TCP. Blocks, each stage no longer than it is allowed to."""

import ipaddress
import socket
import threading
from collections.abc import Callable
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from .failures import FailureKind, of_exception
from .mqtt import Target
from .stages import Finding, Outcome, failed

Answer = TypeVar("Answer")


class Network:
    """The way to a broker's port. What a stage finds, the next one goes on from."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.addresses: list[Any] = []  # as `getaddrinfo` gives them
        self.address: Any = None  # the one that answered
        self.sock: socket.socket | None = None

    def close(self) -> None:
        if self.sock is not None:
            self.sock.close()

    def resolve(self, limit: float) -> Finding:
        """Find the host's addresses."""
        host, port = self.target.host, self.target.port
        try:
            found = in_a_thread(partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM), limit)
        except TimeoutError:
            return failed(FailureKind.DNS, f"{host}: DNS gave no answer within {limit:g} s")
        except (OSError, UnicodeError) as error:
            return failed(*of_exception(error, host, port))
        self.addresses = found
        if is_address(host):
            return Finding(Outcome.OK, f"{host} is an address: there is nothing to resolve")
        return Finding(Outcome.OK, ", ".join(dict.fromkeys(shown(address) for address in found)))

    def connect(self, limit: float) -> Finding:
        """Connect to the first address that lets us, as the live link does."""
        misses = []
        for number, address in enumerate(self.addresses):
            try:
                self.sock = dial(address, limit / len(self.addresses))
            except OSError as error:
                misses.append(of_exception(error, shown(address), self.target.port))
                continue
            self.address = address
            connected = f"connected to {shown(address)} port {self.target.port}"
            if number == 0:
                return Finding(Outcome.OK, connected)
            return Finding(
                Outcome.WARNING,
                "; ".join([*(message for _, message in misses), connected]),
                "Each connection tries the other address first: take it out of DNS, or see why it does not answer.",
            )
        return failed(misses[0][0], "; ".join(message for _, message in misses))


def in_a_thread(ask: Callable[[], Answer], limit: float) -> Answer:
    """Call what cannot be told how long to take; raises what it raises, and `TimeoutError`.

    The thread is left to itself when the time is over: the resolver gives up some time, and owns nothing of ours.
    """
    answers: SimpleQueue[Answer | Exception] = SimpleQueue()

    def answer() -> None:
        try:
            answers.put(ask())
        except Exception as error:  # noqa: BLE001 - raised again where it was asked
            answers.put(error)

    threading.Thread(target=answer, name="sitewarden-resolve", daemon=True).start()
    try:
        given = answers.get(timeout=limit)
    except Empty:
        raise TimeoutError from None
    if isinstance(given, Exception):
        raise given
    return given


def dial(address: Any, limit: float) -> socket.socket:
    """Connect to one address. Raises `OSError`."""
    family, kind, protocol, _, place = address
    sock = socket.socket(family, kind, protocol)
    sock.settimeout(limit)
    try:
        sock.connect(place)
    except OSError:
        sock.close()
        raise
    return sock


def is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def shown(address: Any) -> str:
    return str(address[4][0])
