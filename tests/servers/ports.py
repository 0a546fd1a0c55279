"""Ports on the loopback interface that nobody listens on."""

import random
import socket

HOST = "127.0.0.1"

# Below the range that Linux gives to outgoing connections (32768 to 60999): a server that is down for a while finds
# its port free again, and a client that dials it meanwhile cannot connect to itself.
LOWEST_PORT = 15_000
HIGHEST_PORT = 32_000


def free_port() -> int:
    """Return a TCP port that can be listened on now."""
    while True:
        port = random.randint(LOWEST_PORT, HIGHEST_PORT)
        with socket.socket() as candidate:
            try:
                candidate.bind((HOST, port))
            except OSError:
                continue
            return port


def is_listening(port: int) -> bool:
    """Say whether a TCP connection is taken."""
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True
