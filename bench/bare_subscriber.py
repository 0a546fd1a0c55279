"""The baseline: the least that a subscriber can be that knows the same.

One paho client with its own thread, the same pydantic model, the same state in plain dictionaries; no actors, no
persistence, no API, no discovery. Usage: `bare_subscriber.py PORT COUNT QOS`; prints a line of JSON.
"""

import json
import resource
import sys
import threading
import time
from datetime import UTC
from typing import Any

import paho.mqtt.client as mqtt
from sitewarden.actors.device_time import device_time
from sitewarden.actors.parsing.datalogger_heartbeat import DataloggerHeartbeat

ROLLING_READINGS = 3

dataloggers: dict[str, dict[str, Any]] = {}
sensors: dict[tuple[str, str], dict[str, Any]] = {}


def take(topic: str, payload: bytes) -> None:
    heartbeat = DataloggerHeartbeat.model_validate_json(payload)
    now = time.time()
    datalogger = dataloggers.setdefault(topic, {"total_heartbeats": 0})
    datalogger["total_heartbeats"] += 1
    datalogger["last_heartbeat"] = now
    datalogger["is_online"] = True
    for entry in heartbeat.sensors_last_data or ():
        values = {key[5:]: float(value) for key, value in entry.model_extra.items() if key.startswith("last_")}
        reading = {"device_time": device_time(entry.ts, UTC, now), "received_at": now, "channels": values}
        sensor = sensors.setdefault(
            (topic, entry.device_name), {"readings": [], "channels": {}, "total_messages": 0, "total_readings": 0}
        )
        sensor["total_messages"] += 1
        sensor["last_seen_at"] = now
        sensor["is_online"] = True
        if any(
            reading["device_time"] == other["device_time"] and values == other["channels"]
            for other in sensor["readings"]
        ):
            continue
        sensor["total_readings"] += 1
        sensor["readings"] = [reading, *sensor["readings"][: ROLLING_READINGS - 1]]
        for channel, value in values.items():
            stats = sensor["channels"].get(channel)
            if stats is None:
                sensor["channels"][channel] = {
                    "count": 1, "mean": value, "min": value, "max": value, "min_at": now, "max_at": now
                }  # fmt: skip
                continue
            stats["count"] += 1
            stats["mean"] += (value - stats["mean"]) / stats["count"]
            if value < stats["min"]:
                stats["min"], stats["min_at"] = value, now
            elif value > stats["max"]:
                stats["max"], stats["max_at"] = value, now


def main(port: int, count: int, qos: int) -> None:
    taken = 0
    started = 0.0
    cpu_at_start = 0.0
    done = threading.Event()

    def cpu() -> float:
        used = resource.getrusage(resource.RUSAGE_SELF)
        return used.ru_utime + used.ru_stime

    def on_message(_client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        nonlocal taken, started, cpu_at_start
        if not taken:
            started, cpu_at_start = time.perf_counter(), cpu()
        take(message.topic, message.payload)
        taken += 1
        if taken == count:
            done.set()

    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="bare")
    client.on_message = on_message
    client.on_subscribe = lambda *_: print("ready", flush=True)
    client.connect("127.0.0.1", port)
    client.subscribe("#", qos=qos)
    client.loop_start()
    done.wait()
    seconds = time.perf_counter() - started
    print(json.dumps({"messages": taken, "seconds": seconds, "cpu_seconds": cpu() - cpu_at_start}), flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
