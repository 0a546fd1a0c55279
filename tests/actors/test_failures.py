import socket
import ssl

import pytest
from sitewarden.actors.failures import FailureKind, of_connack, of_exception, of_suback


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (socket.gaierror(-2, "Name or service not known"), FailureKind.DNS),
        (ConnectionRefusedError(111, "Connection refused"), FailureKind.REFUSED),
        (TimeoutError("timed out"), FailureKind.TIMEOUT),
        (ssl.SSLError(1, "wrong version number"), FailureKind.TLS),
        (ssl.SSLCertVerificationError(1, "certificate verify failed"), FailureKind.TLS),
        (ConnectionResetError(104, "Connection reset by peer"), FailureKind.KICKED),
        (OSError(113, "No route to host"), FailureKind.REFUSED),
        (FileNotFoundError(2, "No such file or directory", "/etc/ca.pem"), FailureKind.CONFIG),
        (UnicodeError("label empty or too long"), FailureKind.CONFIG),
    ],
)
def test_what_a_socket_says_is_classified_by_its_cause(error: Exception, kind: FailureKind) -> None:
    told, message = of_exception(error, "broker.example", 1883)
    assert told is kind
    assert "broker.example" in message or "/etc/ca.pem" in message


@pytest.mark.parametrize(
    ("code", "kind"),
    [(0x86, FailureKind.AUTH), (0x87, FailureKind.AUTH), (0x85, FailureKind.CONFIG), (0x88, FailureKind.REFUSED)],
)
def test_a_refusing_broker_is_classified_by_its_code(code: int, kind: FailureKind) -> None:
    assert of_connack(code, "reason").kind is kind


def test_a_refused_subscription_names_its_filter() -> None:
    failure = of_suback(("sito_001/#",))
    assert failure.kind is FailureKind.ACL
    assert "sito_001/#" in failure.message
