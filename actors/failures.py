"""Why a link failed, in words that an operator can act on (the kinds of row B7)."""

import socket
import ssl
from enum import StrEnum
from typing import NamedTuple


class FailureKind(StrEnum):
    DNS = "dns"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    TLS = "tls"
    AUTH = "auth"
    ACL = "acl"
    TAKEN_OVER = "taken_over"  # another client with our client id
    KICKED = "kicked"
    KEEPALIVE = "keepalive"
    STALLED = "stalled"  # pings are answered, but no data comes
    CONFIG = "config"


# What no waiting mends, but a person: the link is parked at once.
PARKING = frozenset({FailureKind.AUTH, FailureKind.TLS, FailureKind.CONFIG})


class Failure(NamedTuple):
    """A link's failure. `exception_type` and `traceback` are empty where no exception was the cause."""

    kind: FailureKind
    message: str
    exception_type: str = ""
    traceback: str = ""


# TLS alerts by which a broker asks for a client certificate, or does not take ours (RFC 8446 section 6.2). Before
# TLS 1.3 it has but the general one.
ALERTS_OF_CERTIFICATE = {
    "TLSV13_ALERT_CERTIFICATE_REQUIRED",
    "SSLV3_ALERT_BAD_CERTIFICATE",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED",
    "SSLV3_ALERT_CERTIFICATE_REVOKED",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
    "SSLV3_ALERT_HANDSHAKE_FAILURE",
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE",
    "TLSV1_ALERT_ACCESS_DENIED",
    "TLSV1_ALERT_UNKNOWN_CA",
}

# What came was no TLS at all.
NO_TLS = {"WRONG_VERSION_NUMBER", "HTTP_REQUEST"}


def of_exception(error: Exception, host: str, port: int) -> tuple[FailureKind, str]:
    """Say what an exception met while dialling means.

    The order matters: a certificate's fault is an `OSError` as well, and so are a time-out and an unknown name.
    """
    where = f"{host}:{port}"
    match error:
        case ssl.SSLCertVerificationError():
            return FailureKind.TLS, f"{where}: the broker's certificate is not accepted: {error.verify_message}"
        case ssl.SSLEOFError() | ssl.SSLZeroReturnError():
            # Also a broker that goes down, or one behind a proxy: a TLS handshake that was cut proves no fault in it.
            return FailureKind.KICKED, f"{where} broke off the TLS handshake: does it speak TLS on this port?"
        case ssl.SSLError():
            return FailureKind.TLS, f"{where}: {of_tls(error)}"
        case socket.gaierror():
            return FailureKind.DNS, f"{host}: the name cannot be resolved: {error.strerror}"
        case TimeoutError():
            return FailureKind.TIMEOUT, f"{where} did not answer in time"
        case ConnectionRefusedError():
            return FailureKind.REFUSED, f"{where} refused the connection: is the broker running on this port?"
        case ConnectionError():
            return FailureKind.KICKED, f"{where} closed the connection: {error.strerror or error}"
        case FileNotFoundError() | PermissionError():
            return FailureKind.CONFIG, f"{error.filename}: {error.strerror}"
        case OSError():
            return FailureKind.REFUSED, f"{where} cannot be reached: {error.strerror or error}"
        case _:
            return FailureKind.CONFIG, f"{where}: {error}"


def of_tls(error: ssl.SSLError) -> str:
    """Say what OpenSSL met, the broker's certificate apart."""
    reason = error.reason or ""
    if reason in ALERTS_OF_CERTIFICATE:
        return (
            f"the broker broke off TLS ({reason.replace('_', ' ').lower()}): it may want a client certificate"
            " (`tls_certificate_file`, `tls_key_file`) of a CA that it knows"
        )
    if reason in NO_TLS:
        return "what answers speaks no TLS on this port: set the port for TLS, or `tls_mode` to off"
    return f"TLS failed: {error}"
