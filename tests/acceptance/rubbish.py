"""What a broken or hostile device sends. Each kind says whether a parser must refuse it, or nobody is to read it."""

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import NamedTuple

from sitewarden.shell.simulated_fleet import Publication

from .field import heartbeat_topic

HUGE_BYTES = 1_000_000
DEEP = 100_000
TEN_BYTES = 10


class Kind(NamedTuple):
    """A kind of rubbish on the topics of a site; `is_refused` if a parser gets to see it."""

    name: str
    make: Callable[[str, Random], Publication]
    is_refused: bool = True
    share: int = 10  # how often it comes, beside the others


def sensors(*entries: object, **beside: object) -> bytes:
    return json.dumps({"sensors_last_data": list(entries), **beside}).encode()


def on_known(payload: Callable[[Random], bytes]) -> Callable[[str, Random], Publication]:
    """On a topic where good heartbeats come as well."""
    return lambda site, random: Publication(heartbeat_topic(site, random.choice((1, 2))), payload(random))


def on_gateway(payload: bytes) -> Callable[[str, Random], Publication]:
    return lambda site, _: Publication(f"{site}/gateway/heartbeat", payload)


def at_instance(*instances: str) -> Callable[[str, Random], Publication]:
    """A good payload on a topic that names no datalogger."""
    good = sensors({"device_name": "MNA1", "ts": "2025-10-14 13:57:16", "last_acc00": 1.0})
    return lambda site, random: Publication(heartbeat_topic(site, random.choice(instances)), good)


def one_sensor(**fields: object) -> bytes:
    return sensors({"device_name": "MNA0011", "ts": "2025-10-14 13:57:16", "last_acc00": 1.0} | fields)


GOOD_FOR_ANOTHER = sensors({"device_name": "MNA9999", "last_acc00": 1.0}, heart_beat="another_site")

KINDS = (
    Kind("bytes that are no UTF-8", on_known(lambda random: b"\xff\xfe" + random.randbytes(TEN_BYTES))),
    Kind("half a JSON document", on_known(lambda _: one_sensor()[:-3])),
    Kind("words", on_known(lambda _: b"OK alive")),
    Kind("nothing", on_known(lambda _: b"")),
    Kind("a list", on_known(lambda _: b"[1, 2, 3]")),
    Kind("a number", on_known(lambda random: str(random.random()).encode())),
    Kind("sensors as an object", on_known(lambda _: b'{"sensors_last_data": {"a": 1}}')),
    Kind("sensors as numbers", on_known(lambda _: sensors(1, 2))),
    Kind("a sensor without a name", on_known(lambda _: sensors({"last_acc00": 1.0}))),
    Kind("NaN", on_known(lambda _: one_sensor(last_acc02=float("nan")))),
    Kind("infinity", on_known(lambda _: one_sensor().replace(b"1.0", b"-Infinity"))),
    Kind("a number beyond a float", on_known(lambda _: one_sensor().replace(b"1.0", b"1e999"))),
    Kind("a number of 5,000 digits", on_known(lambda _: one_sensor().replace(b"1.0", b"9" * 5000))),
    Kind("deep nesting", on_known(lambda _: b"[" * DEEP + b"]" * DEEP), share=1),
    Kind("deep nesting in a key", on_known(lambda _: b'{"a":' * 50 + b"1" + b"}" * 50)),
    Kind("a huge payload", on_known(lambda _: one_sensor(padding="x" * HUGE_BYTES)), share=1),
    Kind("a serial with a path", on_known(lambda _: one_sensor(device_name="../../etc/passwd"))),
    Kind("a serial with markup", on_known(lambda _: one_sensor(device_name="<img src=x onerror=alert(1)>"))),
    Kind("an endless serial", on_known(lambda _: one_sensor(device_name="M" * 101))),
    Kind("a datalogger's serial with spaces", on_known(lambda _: sensors(serial_number="DL 1"))),
    Kind("control characters", on_known(lambda _: one_sensor(device_name="MNA\x00\x1b[31m"))),
    Kind("a time that never comes", on_known(lambda _: one_sensor(ts="9999-12-31 23:59:59"))),
    Kind("a time that is none", on_known(lambda _: one_sensor(ts="yesterday"))),
    Kind("a negative time", on_known(lambda _: one_sensor(ts=-1))),
    Kind("another site's heartbeat", on_known(lambda _: GOOD_FOR_ANOTHER)),
    Kind("a gateway with another's name", on_gateway(b'{"site_id": "another_site", "serial_number": "GW-666"}')),
    Kind("a gateway that is a text", on_gateway(b'"alive"')),
    Kind("a gateway with too full a disk", on_gateway(b'{"disk_percent_used": 250}')),
    Kind("an instance that is not written so", at_instance("01", "0", "-1", "1.0", "99999", "1a")),
    Kind("a topic that nobody parses", lambda site, _: Publication(f"{site}/camera/1/image", b"\xff\xd8"), False),
    Kind("another site's topic", lambda _, __: Publication(heartbeat_topic("another_site"), one_sensor()), False),
)


def rubbish(site: str, count: int, random: Random) -> Iterator[tuple[Kind, Publication]]:
    """So many pieces, at random but every kind of them."""
    kinds = [*KINDS, *random.choices(KINDS, [kind.share for kind in KINDS], k=count - len(KINDS))]
    random.shuffle(kinds)
    for kind in kinds:
        yield kind, kind.make(site, random)
