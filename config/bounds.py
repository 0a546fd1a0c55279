"""What a setting may be: the types of settings, and how far they go.

Nobody needs to pass these bounds: what lies beyond is a typing slip, and too much for some clock, counter or memory.
"""

from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

LARGEST_PORT = 65_535

# MQTT 5 section 3.1.2.11.3: two bytes.
LARGEST_RECEIVE_MAXIMUM = 65_535

# Bytes; MQTT 5 section 1.5.5: the largest variable byte integer.
LARGEST_PACKET = 268_435_455

YEAR = 365 * 86_400.0  # seconds
LONGEST_WAIT = 600.0  # seconds; a person, or a thread of ours, waits meanwhile
LONGEST_ACK_DELAY = 10.0  # seconds; brokers hold back meanwhile what else they have for us
LONGEST_KEPT = 3_650  # days
MOST_COUNTED = 1_000_000
MOST_ROWS = 100_000_000
MOST_THREADS = 1_000
LARGEST_FACTOR = 1_000.0

# What is quicker than the shortest would be dialled, or missed, more often than anything could be done about it.
SHORTEST_INTERVAL = 0.1  # seconds
LONGEST_INTERVAL = 7 * 86_400.0  # seconds

Seconds = Annotated[float, Field(gt=0, le=YEAR)]
Days = Annotated[int, Field(gt=0, le=LONGEST_KEPT)]
Factor = Annotated[float, Field(gt=0, le=LARGEST_FACTOR)]
Count = Annotated[int, Field(gt=0, le=MOST_COUNTED)]
Threads = Annotated[int, Field(gt=0, le=MOST_THREADS)]

# Seconds that somebody waits for an answer.
Wait = Annotated[float, Field(gt=0, le=LONGEST_WAIT)]

# Seconds between two events of a site. A default of the installation is held to what the site itself may have.
Interval = Annotated[float, Field(ge=SHORTEST_INTERVAL, le=LONGEST_INTERVAL)]


def check_address(value: str) -> str:
    host, colon, port = value.rpartition(":")
    if not (colon and host and port.isascii() and port.isdigit() and int(port) <= LARGEST_PORT):
        raise ValueError("write HOST:PORT, such as 127.0.0.1:8000")
    return value


def check_path(value: Any) -> Any:
    if value == "":  # or it would be the working directory, wherever that is
        raise ValueError("it is empty: write a path, or leave it out")
    return value


OwnPath = Annotated[Path, BeforeValidator(check_path)]

# Where to listen, as `HOST:PORT`; an IPv6 host stands in brackets.
ListenAddress = Annotated[str, AfterValidator(check_address)]
