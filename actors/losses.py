"""What it means that a session ends and nobody says why."""

import ssl
from typing import NamedTuple

from .failures import Failure, FailureKind, of_tls

# The record type and major version with which a TLS alert begins (RFC 8446 section 5.1). An MQTT broker never sends it.
TLS_ALERT = b"\x15\x03"


class Loss(NamedTuple):
    """The end of a session without CONNACK's or DISCONNECT's word on it."""

    where: str  # host:port
    protocol: str
    is_tls: bool
    was_greeted: bool  # CONNACK had come
    is_overdue: bool = False  # pings were not answered
    is_garbled: bool = False  # what came is not MQTT
    first_bytes: bytes = b""  # of what came last
    error: OSError | None = None  # the socket's


def of_loss(loss: Loss) -> Failure:
    if isinstance(loss.error, ssl.SSLError) and not isinstance(loss.error, ssl.SSLEOFError):
        # A broker that refuses our certificate says so after the handshake is over, to TLS 1.3.
        kind = FailureKind.KICKED if loss.was_greeted else FailureKind.TLS
        return Failure(kind, f"{loss.where}: {of_tls(loss.error)}", type(loss.error).__name__)
    return of_working(loss) if loss.was_greeted else of_beginning(loss)


def of_working(loss: Loss) -> Failure:
    """Say what ended a session that the broker had taken."""
    if loss.is_overdue or isinstance(loss.error, TimeoutError):
        return Failure(FailureKind.KEEPALIVE, "the broker no longer answers our pings")
    if loss.is_garbled:
        return Failure(FailureKind.KICKED, "the broker sent what is no MQTT")
    cause = f": {loss.error.strerror}" if loss.error is not None and loss.error.strerror else ""
    return Failure(FailureKind.KICKED, f"the connection to the broker was lost{cause}")


def of_beginning(loss: Loss) -> Failure:
    """Say what ended a session before CONNACK."""
    if loss.is_overdue or isinstance(loss.error, TimeoutError):
        return Failure(FailureKind.TIMEOUT, "the broker took the connection but did not answer in time")
    if loss.first_bytes.startswith(TLS_ALERT) and not loss.is_tls:
        return Failure(FailureKind.TLS, f"{loss.where} speaks TLS: set `tls_mode` to verify")
    if loss.is_garbled:
        return Failure(
            FailureKind.CONFIG,
            f"what answers at {loss.where} is no broker of MQTT {loss.protocol}: check `broker_port` and `protocol`",
        )
    if loss.is_tls:
        doubt = "does it want a client certificate, or is it going down?"
    else:
        doubt = "does it expect TLS on this port, or is it going down?"
    return Failure(FailureKind.KICKED, f"{loss.where} closed the connection instead of answering CONNECT: {doubt}")
