"""Waitress, in a thread of ours, that can be stopped in order."""

import logging
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from waitress import wasyncore
from waitress.server import TcpWSGIServer, create_server

log = logging.getLogger("sitewarden.web")

# Clients at once; further ones wait in the listening socket's queue. Waitress's 100 count its own sockets too.
CONNECTION_LIMIT = 1_000
# Seconds without a byte until a connection is closed, and between two looks for such.
CHANNEL_TIMEOUT = 30
CLEANUP_INTERVAL = 10
# Bytes. No body of ours is near it; `media.py` refuses much smaller ones in words.
LARGEST_BODY = 1024 * 1024
# Seconds that the loop waits for a socket before it looks around.
LOOP_TURN = 1.0
# Seconds between two looks for the end of the last requests, while stopping.
DRAIN_TURN = 0.05


class BindFailed(Exception):
    """We cannot listen where `HTTP_BIND` says; the message says why."""


class WebServer:
    """Serves a WSGI application at `bind` (`HOST:PORT`, an IPv6 host in brackets) with so many `threads`."""

    def __init__(self, app: Callable[..., Any], bind: str, threads: int) -> None:
        self.app = app
        self.bind = bind
        self.threads = threads
        self.stop_by: float | None = None  # on the monotonic clock; None while serving

    def start(self) -> None:
        """Listen and serve. Raises `BindFailed`."""
        listener = listen(self.bind)
        self.port: int = listener.getsockname()[1]
        self.channels: dict[int, Any] = {}  # what the loop watches: the listener, its bell, a channel for each client
        self.server: TcpWSGIServer = create_server(
            self.app,
            map=self.channels,
            sockets=[listener],
            threads=self.threads,
            connection_limit=CONNECTION_LIMIT,
            channel_timeout=CHANNEL_TIMEOUT,
            cleanup_interval=CLEANUP_INTERVAL,
            max_request_body_size=LARGEST_BODY,
            ident="",
            clear_untrusted_proxy_headers=True,
        )
        self.thread = threading.Thread(target=self.serve, name="web")
        self.thread.start()
        log.info("serving at http://%s (port %s)", self.bind, self.port)

    def stop(self, timeout: float) -> None:
        """Stop accepting, give running requests `timeout` seconds to end, close everything. Twice does no harm."""
        if self.stop_by is not None:
            return
        self.stop_by = time.monotonic() + timeout
        self.server.pull_trigger()
        self.thread.join()

    def serve(self) -> None:
        while self.stop_by is None:
            wasyncore.loop(timeout=LOOP_TURN, use_poll=True, map=self.channels, count=1)
        # The listener first, so that nobody new comes; it closes alone, without the bell that ends of requests ring.
        wasyncore.dispatcher.close(self.server)
        while self.hang_up_idle() and time.monotonic() < self.stop_by:
            wasyncore.loop(timeout=DRAIN_TURN, use_poll=True, map=self.channels, count=1)
        self.server.task_dispatcher.shutdown(timeout=max(0.0, self.stop_by - time.monotonic()))
        # A thread that still runs finds its channel closed, and so rings no bell. Were the bell closed before, it
        # would write into whatever has been given the bell's descriptor since.
        for channel in list(self.server.active_channels.values()):
            channel.handle_close()
        self.server.trigger.close()

    def hang_up_idle(self) -> bool:
        """Hang up on clients whose requests are all answered. Say whether there are others."""
        for channel in list(self.server.active_channels.values()):
            if not channel.requests and not channel.total_outbufs_len:
                channel.handle_close()
        return bool(self.server.active_channels)


def listen(bind: str) -> socket.socket:
    """Bind a socket to `bind`; a name is taken for its first address. Raises `BindFailed`."""
    host, _, port = bind.rpartition(":")
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host.removeprefix("[").removesuffix("]"), int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise refusal(bind, error) from error
    try:
        # A restart must not wait for the last connections' TIME-WAIT; two servers on one port it does not allow.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen()
    except OSError as error:
        listener.close()
        raise refusal(bind, error) from error
    return listener


def refusal(bind: str, error: OSError) -> BindFailed:
    return BindFailed(
        f"HTTP_BIND (http.bind) is {bind}, where we cannot listen: {error.strerror or error}."
        " Stop whatever uses it, or set another address."
    )
