"""The load: datalogger heartbeats as they come from the field, published as fast as the broker takes them.

The publisher speaks MQTT 3.1.1 itself, in packets encoded beforehand, so that it costs a small part of what reading
costs: it must never be the publisher that is measured.
"""

import json
import multiprocessing
import socket
import struct
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

SITES = 20
DATALOGGERS = 10  # of a site
SENSORS = 2  # of a datalogger; with the dataloggers themselves, 30 devices of a site
START = datetime(2025, 10, 14, 13, 57, tzinfo=UTC)
CHUNK_BYTES = 65_536
PUBACK_BYTES = 4


def site_code(number: int) -> str:
    return f"sito_{number:03}"


def messages(count: int) -> Iterator[tuple[str, bytes]]:
    """Heartbeats of all dataloggers in turn; each round is five seconds later and its values move a little."""
    for number in range(count):
        turn, place = divmod(number, SITES * DATALOGGERS)
        datalogger, site = divmod(place, SITES)
        code = site_code(site + 1)
        at = (START + timedelta(seconds=5 * turn)).strftime("%Y-%m-%d %H:%M:%S.%f")
        wave = (turn % 100) / 10_000
        sensors = [
            {
                "device_name": f"MNA{site:03}{datalogger:02}",
                "ts": at,
                "last_acc00": 0.001188 + wave,
                "last_acc01": -0.005231 + wave,
                "last_acc02": 1.010827 - wave,
                "last_incli_x": -0.314565 + wave,
                "last_incli_y": -0.14058,
            },
            {
                "device_name": f"MOM{site:03}{datalogger:02}",
                "ts": at,
                "last_acc00": -0.00272 + wave,
                "last_acc01": -0.001974,
                "last_acc02": 0.995306 - wave,
                "last_incli_x": -0.0911767,
                "last_incli_y": 0.149944 + wave,
                "last_mag_x": -0.912792,
                "last_mag_y": 0.34894,
                "last_mag_z": -1.99874,
                "last_gyro_x": 0.30625,
                "last_gyro_y": 0.4025,
                "last_gyro_z": -0.65625 + wave,
            },
        ]
        payload = json.dumps({"heart_beat": code, "sensors_last_data": sensors}).encode()
        yield f"{code}/datalogger/monstro/{datalogger + 1}/heartbeat", payload


def publish_packet(topic: str, payload: bytes, qos: int, packet_id: int) -> bytes:
    """MQTT 3.1.1 section 3.3."""
    name = topic.encode()
    body = struct.pack("!H", len(name)) + name + (struct.pack("!H", packet_id) if qos else b"") + payload
    return bytes([0x30 | qos << 1]) + remaining_length(len(body)) + body


def remaining_length(length: int) -> bytes:
    """MQTT 3.1.1 section 2.2.3."""
    digits = bytearray()
    while True:
        length, digit = divmod(length, 128)
        digits.append(digit | (0x80 if length else 0))
        if not length:
            return bytes(digits)


def publish(port: int, count: int, qos: int, ready: "multiprocessing.synchronize.Event") -> None:
    """Encode everything, wait until somebody listens, then send it all. Runs in a process of its own."""
    packets = [
        publish_packet(topic, payload, qos, number % 65_535 + 1)
        for number, (topic, payload) in enumerate(messages(count))
    ]
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(bytes.fromhex("10 13 0004 4d515454 04 02 0000 0007") + b"publish")
        connection.recv(PUBACK_BYTES)
        reader = threading.Thread(target=read_acknowledgements, args=(connection, count if qos else 0))
        reader.start()
        ready.wait()
        buffer = bytearray()
        for packet in packets:
            buffer += packet
            if len(buffer) > CHUNK_BYTES:
                connection.sendall(buffer)
                buffer.clear()
        connection.sendall(buffer)
        reader.join()
        # DISCONNECT, and the broker's closing, which comes after it has read everything.
        connection.sendall(bytes.fromhex("e000"))
        connection.recv(1)


def read_acknowledgements(connection: socket.socket, count: int) -> None:
    """A broker whose PUBACKs nobody reads stops reading what we publish."""
    waiting = count * PUBACK_BYTES
    while waiting:
        waiting -= len(connection.recv(min(CHUNK_BYTES, waiting)))
