"""The door by which an administrator reaches a running Sitewarden: a local socket that only its owner can open.

One JSON object a line each way: `{"command": "status"}` is answered by what the command gives, or by
`{"error": {"code": ..., "message": ...}}`. What the commands do is handed in.
"""

import errno
import json
import os
import socket
import socketserver
import stat
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..config.logging import get_logger
from .admin_client import REFUSED, SocketUnusable
from .refusal import Refusal

Command = Callable[[dict[str, Any]], Mapping[str, object]]

log = get_logger("sitewarden.admin")

OWNER_ONLY = 0o600
LONGEST_REQUEST = 65_536  # bytes
# A client that says nothing for longer is not listened to any more.
SILENCE_SECONDS = 10.0


class AdminSocket:
    """Listens at `path` and answers `commands`, each in a thread of its own, from `start` to `stop`."""

    def __init__(self, path: Path, commands: Mapping[str, Command]) -> None:
        self.path = path
        self.commands = commands
        self.server: Server | None = None
        self.thread: threading.Thread | None = None

    def check_place(self) -> None:
        """Refuse a place where the socket cannot be or would not be safe; raises `SocketUnusable`."""
        check_directory(self.path.parent)

    def start(self) -> None:
        """Listen. Raises `SocketUnusable`."""
        self.check_place()
        remove_stale(self.path)
        server = Server(str(self.path), self.commands)
        try:
            server.server_bind()
            # Before it listens: nobody else gets in between.
            os.chmod(self.path, OWNER_ONLY)
            server.server_activate()
        except OSError as error:
            server.server_close()
            reason = str(error)
            if "too long" in reason:
                reason = f"{reason} (a Unix socket's path has about 100 characters); set ADMIN_SOCKET to a shorter one"
            raise SocketUnusable(f"cannot listen at {self.path}: {reason}") from error
        self.server = server
        self.thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="admin socket")
        self.thread.start()

    def stop(self) -> None:
        """Stop listening, let the answers that are under way end, and leave no file behind."""
        if self.server is None or self.thread is None:
            return
        self.server.shutdown()
        self.thread.join()
        # Unlinked before it is closed: from then on the name may be another one's.
        self.path.unlink(missing_ok=True)
        self.server.hang_up()
        self.server.server_close()
        self.server = self.thread = None


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Not bound by its constructor: `AdminSocket.start` sets the mode before it listens."""

    def __init__(self, path: str, commands: Mapping[str, Command]) -> None:
        super().__init__(path, Conversation, bind_and_activate=False)
        self.commands = commands
        self.links: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self.links.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.links.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Listen to nobody any more; an answer that is under way still goes out."""
        for link in list(self.links):
            with suppress(OSError):  # it has just gone by itself
                link.shutdown(socket.SHUT_RD)

    def handle_error(self, request: object, client_address: object) -> None:
        log.warning("an administrator's conversation broke off", exc_info=True)


class Conversation(socketserver.StreamRequestHandler):
    """Answers line by line until the other end closes."""

    server: Server
    timeout = SILENCE_SECONDS

    def handle(self) -> None:
        try:
            while line := self.rfile.readline(LONGEST_REQUEST):
                self.wfile.write(json.dumps(answer(line, self.server.commands)).encode() + b"\n")
        except (TimeoutError, ConnectionError):
            return


def answer(line: bytes, commands: Mapping[str, Command]) -> Mapping[str, object]:
    """Carry out one request and say what came of it."""
    try:
        request = json.loads(line)
        command = commands[request["command"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        return failure("bad_request", f"send one JSON object a line, with a command: {', '.join(commands)}")
    try:
        return command(request)
    except Refusal as refusal:
        return failure(REFUSED, str(refusal))
    except Exception as error:
        log.exception("an administrator's command failed", command=request["command"])
        return failure("failed", f"{type(error).__name__}: {error}")


def failure(code: str, message: str) -> Mapping[str, object]:
    return {"error": {"code": code, "message": message}}


def check_directory(directory: Path) -> None:
    """Refuse a directory where anybody could put another socket in the place of ours, and one that is not there."""
    try:
        mode = directory.stat().st_mode
    except OSError as error:
        raise SocketUnusable(
            f"cannot use {directory.absolute()} for the admin socket: {error.strerror}; make it, or change ADMIN_SOCKET"
        ) from error
    if mode & stat.S_IWOTH:
        raise SocketUnusable(
            f"everybody may write in {directory}: set ADMIN_SOCKET to a path in a directory of Sitewarden's own"
        )


def remove_stale(path: Path) -> None:
    """Remove the socket of a Sitewarden that was killed; refuse one that answers, and what is no socket."""
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise SocketUnusable(f"{path} is there already and is not a socket: move it away or change ADMIN_SOCKET")
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(SILENCE_SECONDS)
        outcome = probe.connect_ex(str(path))
    if outcome not in (errno.ECONNREFUSED, errno.ENOENT):
        raise SocketUnusable(f"another Sitewarden listens at {path}: stop it or change ADMIN_SOCKET")
    path.unlink(missing_ok=True)
