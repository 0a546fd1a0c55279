"""A private mosquitto."""

import socket
from collections.abc import Sequence

from servers.ports import HOST, free_port
from servers.process import ServerProcess, require_binaries

# MQTT 3.1.1 sections 3.1 and 3.2: a CONNECT without client id and with a clean session; the type byte of a CONNACK.
CONNECT = bytes.fromhex("10 0c 0004 4d515454 04 02 003c 0000")
CONNACK = 0x20
ANSWER_DEADLINE = 1.0  # seconds


class Mosquitto(ServerProcess):
    """A broker on a port of its own; `stop` or `kill`, then `start`, comes back on the same port.

    `config` are extra lines of mosquitto.conf, such as `allow_anonymous false`. With `is_persistent` sessions and
    retained messages outlive `stop`; they outlive `kill` only if something was saved in between.
    """

    def __init__(self, config: Sequence[str] = (), is_persistent: bool = False) -> None:
        [self.binary] = require_binaries("mosquitto", "mosquitto")
        super().__init__("mosquitto")
        self.host = HOST
        self.port = free_port()
        lines = [
            f"listener {self.port} {HOST}",
            "user root",  # when root, stay so: its own account cannot enter our directory
            "sys_interval 1",  # second
        ]
        if not any(line.startswith("allow_anonymous") for line in config):
            lines.append("allow_anonymous true")
        if is_persistent:
            lines += ["persistence true", f"persistence_location {self.directory}/", "autosave_interval 1"]
        (self.directory / "mosquitto.conf").write_text("\n".join([*lines, *config, ""]))

    def command(self) -> list[str]:
        return [self.binary, "-c", str(self.directory / "mosquitto.conf")]

    def is_accepting(self) -> bool:
        """Say whether CONNECT is answered; a refusal is an answer too."""
        try:
            with socket.create_connection((HOST, self.port), timeout=ANSWER_DEADLINE) as client:
                client.sendall(CONNECT)
                return client.recv(1)[:1] == bytes([CONNACK])
        except OSError:
            return False
