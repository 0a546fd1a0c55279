"""A server of somebody else as a child process: started, stopped, killed and frozen by tests."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil
import pytest

# Seconds. A database server on a busy two-core machine has been seen to take ten.
START_DEADLINE = 60.0
STOP_DEADLINE = 30.0
POLL_INTERVAL = 0.02

# A test run that is killed leaves no server behind. To the kernel "us" is the thread that starts the server: let it be
# one that lasts, such as the main one.
DIE_WITH_US = ("setpriv", "--pdeathsig", "KILL", "--")

# Debian keeps servers out of an ordinary user's PATH, PostgreSQL's even out of /usr/sbin.
SERVER_DIRECTORIES = ("/usr/sbin", "/usr/local/sbin", "/usr/bin")
POSTGRESQL_DIRECTORIES = "/usr/lib/postgresql"


class ServerFailed(Exception):
    """A server did not start; the message holds the end of its log."""


def find_binary(name: str) -> str | None:
    """Return the path of a server's binary, or None."""
    versions = sorted(Path(POSTGRESQL_DIRECTORIES).glob("*/bin"), key=lambda path: path.parent.name.zfill(4))
    directories = [*SERVER_DIRECTORIES, *(str(path) for path in reversed(versions))]
    return shutil.which(name) or shutil.which(name, path=os.pathsep.join(directories))


def require_binaries(package: str, *names: str) -> list[str]:
    """Return the paths of binaries; without them skip the test, naming the Debian package, or fail it on CI."""
    found = [path for name in names if (path := find_binary(name))]
    if len(found) == len(names):
        return found
    reason = f"needs {', '.join(names)}: install the Debian package {package} (scripts/system-packages does)"
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}; on CI nothing may be skipped", pytrace=False)
    pytest.skip(reason)


def wait_until(is_so: Callable[[], bool], seconds: float) -> bool:
    """Poll a condition; return whether it came true before the deadline."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_INTERVAL)
    return True


def unprivileged_account(*names: str) -> pwd.struct_passwd | None:
    """Return the first of these accounts that exists when we are root, else None: we are unprivileged already."""
    if os.geteuid() != 0:
        return None
    known = {account.pw_name: account for account in pwd.getpwall()}
    return next(known[name] for name in (*names, "nobody") if name in known)


class ServerProcess(ABC):
    """A private server in a temporary directory; as a context manager it runs inside and leaves nothing behind.

    Its files live apart from pytest's temporary directories: an account that we drop to could not enter those, and
    the path of a Unix socket must stay below 108 bytes.
    """

    stop_signal = signal.SIGTERM

    def __init__(self, name: str, account: pwd.struct_passwd | None = None) -> None:
        self.account = account
        self.directory = Path(tempfile.mkdtemp(prefix=f"{name}-"))
        self.log = self.directory / "log"
        self.process: subprocess.Popen[bytes] | None = None
        if account is not None:
            os.chown(self.directory, account.pw_uid, account.pw_gid)

    @abstractmethod
    def command(self) -> list[str]:
        """Return the command that runs the server in the foreground."""

    @abstractmethod
    def is_accepting(self) -> bool:
        """Say whether a client is served now."""

    def start(self) -> None:
        """Start the server and wait until it serves a client; raises `ServerFailed` with its log."""
        assert self.process is None, "the server runs already"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*DIE_WITH_US, *self.command()], stdout=log, stderr=log, stdin=subprocess.DEVNULL, **self.identity()
            )
        process = self.process
        # Waiting ends early when the server has given up.
        wait_until(lambda: process.poll() is not None or self.is_accepting(), START_DEADLINE)
        if process.poll() is not None or not self.is_accepting():
            self.kill()
            raise ServerFailed(f"{self.command()[0]} did not start:\n{self.log.read_text(errors='replace')[-2000:]}")

    def stop(self) -> None:
        """End the server in order."""
        self.end(self.stop_signal)

    def kill(self) -> None:
        """End the server at once (SIGKILL), as a power cut would."""
        self.end(signal.SIGKILL)

    def freeze(self) -> None:
        """Stop the server's clock (SIGSTOP): its sockets stay open and nobody answers."""
        self.send_to_all(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen server go on (SIGCONT)."""
        self.send_to_all(signal.SIGCONT)

    def send_to_all(self, what: signal.Signals) -> None:
        # PostgreSQL has a process for each client.
        assert self.process is not None
        parent = psutil.Process(self.process.pid)
        for process in (parent, *parent.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):  # once its parent goes on, a child may end before its turn
                process.send_signal(what)

    def end(self, by: signal.Signals) -> None:
        process, self.process = self.process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(by)
        try:
            process.wait(STOP_DEADLINE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def run(self, *command: str) -> None:
        """Run a command of the server's package to its end, as the server's account."""
        done = subprocess.run(command, capture_output=True, cwd=self.directory, check=False, **self.identity())
        if done.returncode:
            self.remove()
            raise ServerFailed(f"{command[0]}: {(done.stdout + done.stderr).decode(errors='replace')[-2000:]}")

    def identity(self) -> dict[str, Any]:
        if self.account is None:
            return {}
        return {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self.remove()

    def remove(self) -> None:
        shutil.rmtree(self.directory, ignore_errors=True)
