"""Asking a running Sitewarden through its admin socket."""

import json
import socket
from pathlib import Path
from typing import Any

from .refusal import Refusal

ANSWER_TIMEOUT_SECONDS = 10.0

# The code of an error that is no fault: its message says all.
REFUSED = "refused"


class NotRunning(Exception):
    """Nothing listens at the admin socket."""


class SocketUnusable(Refusal):
    """The admin socket cannot be made where it should be, or what answers there is not Sitewarden."""


def ask(path: Path, command: str, **arguments: str) -> dict[str, Any]:
    """Send a command and give its answer.

    Raises `NotRunning`, `Refusal` in the words of whoever refused, or `SocketUnusable` if there is no answer, no
    permission to ask, or an error for an answer.
    """
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(ANSWER_TIMEOUT_SECONDS)
        try:
            link.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError) as error:
            raise NotRunning(f"nothing listens at {path}") from error
        except OSError as error:
            raise SocketUnusable(f"cannot ask at {path}: {error}") from error
        try:
            link.sendall(json.dumps({"command": command, **arguments}).encode() + b"\n")
            with link.makefile("rb") as lines:
                answer = json.loads(lines.readline())
        except (OSError, ValueError) as error:
            raise SocketUnusable(f"Sitewarden listens at {path} but gives no answer: {error}") from error
    if not isinstance(answer, dict):
        raise SocketUnusable(f"what answers at {path} is not Sitewarden")
    if "error" in answer:
        if answer["error"]["code"] == REFUSED:
            raise Refusal(answer["error"]["message"])
        raise SocketUnusable(f"Sitewarden answers {command!r} with: {answer['error']['message']}")
    return answer
