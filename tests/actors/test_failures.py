"""What a socket says while dialling is sorted by its cause (row B7)."""

import socket
import ssl

import pytest
from sitewarden.actors.failures import PARKING, FailureKind, of_exception


def tls_error(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, reason)
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (socket.gaierror(-2, "Name or service not known"), FailureKind.DNS),
        (socket.gaierror(-3, "Temporary failure in name resolution"), FailureKind.DNS),
        (ConnectionRefusedError(111, "Connection refused"), FailureKind.REFUSED),
        (TimeoutError("timed out"), FailureKind.TIMEOUT),
        (TimeoutError(110, "Connection timed out"), FailureKind.TIMEOUT),
        (tls_error("WRONG_VERSION_NUMBER"), FailureKind.TLS),
        (tls_error("SSLV3_ALERT_HANDSHAKE_FAILURE"), FailureKind.TLS),
        (ssl.SSLEOFError(8, "EOF occurred in violation of protocol"), FailureKind.KICKED),
        (ConnectionResetError(104, "Connection reset by peer"), FailureKind.KICKED),
        (OSError(113, "No route to host"), FailureKind.REFUSED),
        (OSError(101, "Network is unreachable"), FailureKind.REFUSED),
        (FileNotFoundError(2, "No such file or directory", "/etc/ca.pem"), FailureKind.CONFIG),
        (UnicodeError("label empty or too long"), FailureKind.CONFIG),
    ],
)
def test_what_a_socket_says_is_classified_by_its_cause(error: Exception, kind: FailureKind) -> None:
    told, message = of_exception(error, "broker.example", 1883)
    assert told is kind
    assert "broker.example" in message or "/etc/ca.pem" in message


@pytest.mark.parametrize(
    ("reason", "fix"),
    [
        ("WRONG_VERSION_NUMBER", "set the port for TLS"),
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "tls_certificate_file"),
        ("UNSUPPORTED_PROTOCOL", "UNSUPPORTED_PROTOCOL"),
    ],
)
def test_what_tls_says_comes_with_the_fix(reason: str, fix: str) -> None:
    assert fix in of_exception(tls_error(reason), "broker.example", 8883)[1]


def test_what_only_a_person_can_mend_parks_and_a_time_out_never_does() -> None:
    assert {kind.value for kind in PARKING} == {"auth", "tls", "config"}
