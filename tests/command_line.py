"""Sitewarden as an operator has it: commands, each a process of its own, with a data directory of its own."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from servers.ports import free_port
from servers.process import wait_until
from sitewarden.shell.admin_client import NotRunning, ask

START_SECONDS = 30.0
STOP_SECONDS = 10.0

# The surroundings decide nothing here: neither a developer's settings nor a proxy.
SECTIONS = (
    "SITEWARDEN_",
    "DATABASE_",
    "MQTT_",
    "DIAGNOSIS_",
    "HTTP_",
    "EVENTS_",
    "PERSIST_",
    "MONITOR_",
    "ADMIN_",
    "LOG_",
    "SECRET_",
)


class CommandLine:
    """`sitewarden`, as a process of its own, with a data directory of its own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.data_dir = directory / "data"
        self.port = free_port()
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(SECTIONS)} | {
            "SITEWARDEN_DATA_DIR": str(self.data_dir),
            "HTTP_BIND": f"127.0.0.1:{self.port}",
            "MONITOR_INTERVAL": "600",
            "PERSIST_INTERVAL": "0.5",
            "COLUMNS": "120",
        }
        self.running: list[subprocess.Popen[str]] = []

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "sitewarden.shell.main", *arguments]

    def __call__(self, *arguments: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
        """Run a command to its end."""
        return subprocess.run(
            self.command(*arguments),
            cwd=self.directory,
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def succeed(self, *arguments: str, stdin: str = "") -> str:
        """Run a command that must succeed and give what it printed."""
        done = self(*arguments, stdin=stdin)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start a command that goes on."""
        with open(self.directory / "stderr", "a") as errors:
            process = subprocess.Popen(
                self.command(*arguments),
                cwd=self.directory,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self.running.append(process)
        return process

    def run(self) -> "subprocess.Popen[str]":
        """Start `sitewarden run` and wait until it says that it runs."""
        process = self.start("run")
        assert wait_until(lambda: process.poll() is not None or self.status()["running"], START_SECONDS), self.errors()
        assert process.poll() is None, self.errors()
        return process

    def status(self) -> dict[str, Any]:
        """What `sitewarden status --json` prints, without the cost of a process."""
        try:
            return ask(self.data_dir / "admin.sock", "status")
        except NotRunning:
            return {"running": False}

    def errors(self) -> str:
        return (self.directory / "stderr").read_text()

    def stop(self, process: "subprocess.Popen[str]", number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and give the exit code, which must come in time."""
        process.send_signal(number)
        return process.wait(STOP_SECONDS)

    def close(self) -> None:
        for process in self.running:
            if process.poll() is None:
                process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()
