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
    KICKED = "kicked"
    KEEPALIVE = "keepalive"
    CONFIG = "config"


class Failure(NamedTuple):
    """A link's failure. `exception_type` and `traceback` are empty where no exception was the cause."""

    kind: FailureKind
    message: str
    exception_type: str = ""
    traceback: str = ""


# CONNACK return codes of MQTT 3.1.1 (section 3.2.2.3) and reason codes of MQTT 5 (section 3.2.2.2) that speak of who
# we are; paho maps the older ones to the newer.
AUTH_CODES = {0x86, 0x87, 0x8C}
CONFIG_CODES = {0x84, 0x85, 0x95, 0x9A, 0x9B}


def of_exception(error: Exception, host: str, port: int) -> tuple[FailureKind, str]:
    """Say what an exception met while dialling means.

    The order matters: a certificate's fault is an `OSError` as well, and so are a time-out and an unknown name.
    """
    where = f"{host}:{port}"
    match error:
        case ssl.SSLCertVerificationError():
            return FailureKind.TLS, f"{where}: the broker's certificate is not accepted: {error}"
        case ssl.SSLError():
            return FailureKind.TLS, f"{where}: TLS failed: {error}"
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


def of_connack(code: int, name: str) -> Failure:
    """Say what a refusing CONNACK means; `code` is MQTT 5's, `name` its name."""
    if code in AUTH_CODES:
        return Failure(FailureKind.AUTH, f"the broker does not let us in ({name}): check username and password")
    if code in CONFIG_CODES:
        return Failure(FailureKind.CONFIG, f"the broker does not take the connection as it is configured ({name})")
    return Failure(FailureKind.REFUSED, f"the broker refused the connection ({name})")


def of_suback(refused: tuple[str, ...]) -> Failure:
    """Say what a refusing SUBACK means."""
    return Failure(FailureKind.ACL, f"the broker does not let us subscribe to {', '.join(refused)}: check its ACL")
