"""The faults of a way to a broker, each with what the operator is to be told of it."""

from collections.abc import Callable
from typing import NamedTuple

from servers.fault_proxy import FaultProxy, Way

CONNACK_BYTES = 4  # of MQTT 3.1.1
SUBACK_BYTES = 5  # with one filter


class Fault(NamedTuple):
    """A fault that lasts until the way is mended.

    `loss` are the `error_kind`s that the end of the link may be told by, `lasting` the one of every retry.
    """

    name: str
    begin: Callable[[FaultProxy], None]
    loss: frozenset[str]
    lasting: str
    is_dialled_through: bool = True  # whether the way gets to see each dial


def cut(way: FaultProxy) -> None:
    way.kick_after(0)
    way.cut()


def close(way: FaultProxy) -> None:
    way.kick_after(0)
    way.hang_up()


def kick_after_connack(way: FaultProxy) -> None:
    way.kick_after(CONNACK_BYTES)
    way.hang_up()


def kick_after_suback(way: FaultProxy) -> None:
    way.kick_after(CONNACK_BYTES + SUBACK_BYTES)
    way.hang_up()


def refuse(way: FaultProxy) -> None:
    way.refuse()
    way.cut()


def ignore(way: FaultProxy) -> None:
    way.ignore()
    way.cut()


def swallow(*ways: Way) -> Callable[[FaultProxy], None]:
    return lambda way: way.swallow(*ways)


KICKED, SILENT = frozenset({"kicked"}), frozenset({"keepalive"})

FAULTS = (
    Fault("cut", cut, KICKED, "kicked"),
    Fault("closed", close, KICKED, "kicked"),
    Fault("kicked_after_connack", kick_after_connack, KICKED, "kicked"),
    Fault("kicked_after_suback", kick_after_suback, KICKED, "kicked"),
    Fault("refused", refuse, KICKED, "refused", is_dialled_through=False),
    Fault("ignored", ignore, KICKED, "timeout", is_dialled_through=False),
    Fault("black_hole", swallow(), SILENT, "timeout"),
    # The broker, which hears nothing, may give up before we do.
    Fault("black_hole_to_broker", swallow(Way.TO_SERVER), SILENT | KICKED, "timeout"),
    Fault("black_hole_to_us", swallow(Way.TO_CLIENT), SILENT, "timeout"),
)
