"""The entry of `sitewarden`: leaves quietly at Ctrl-C, whatever is being imported just then."""

import os
import signal
from types import FrameType

from .refusal import Exit


def app() -> None:
    """Run the command that the arguments name, and exit with its code."""
    # Not a KeyboardInterrupt, which can come up in any line of any import. What must end in order takes the signal
    # itself (`stop_signal.py`), and transactions need no end. Whoever ignores it, as `nohup` does, goes on to.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, leave)
    # Only here: it takes long enough to be interrupted.
    from .commands import commands

    commands()


def leave(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    os._exit(Exit.INTERRUPTED)


if __name__ == "__main__":
    app()
