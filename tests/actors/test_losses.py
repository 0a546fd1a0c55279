"""What it means that a session ends and nobody says why (row B7)."""

import ssl

import pytest
from sitewarden.actors.failures import FailureKind
from sitewarden.actors.losses import Loss, of_loss

BEGINNING = Loss("broker.example:1883", "3.1.1", is_tls=False, was_greeted=False)
WORKING = BEGINNING._replace(was_greeted=True)

ALERT = ssl.SSLError(1, "alert")
ALERT.reason = "TLSV13_ALERT_CERTIFICATE_REQUIRED"


@pytest.mark.parametrize(
    ("loss", "kind", "words"),
    [
        (WORKING, FailureKind.KICKED, "was lost"),
        (WORKING._replace(error=ConnectionResetError(104, "reset by peer")), FailureKind.KICKED, "reset by peer"),
        (WORKING._replace(is_overdue=True), FailureKind.KEEPALIVE, "pings"),
        (WORKING._replace(error=TimeoutError(110, "timed out")), FailureKind.KEEPALIVE, "pings"),
        (WORKING._replace(is_garbled=True), FailureKind.KICKED, "no MQTT"),
        (WORKING._replace(is_tls=True, error=ALERT), FailureKind.KICKED, "broke off TLS"),
        (BEGINNING, FailureKind.KICKED, "does it expect TLS"),
        (BEGINNING._replace(is_tls=True), FailureKind.KICKED, "client certificate"),
        (BEGINNING._replace(is_tls=True, error=ALERT), FailureKind.TLS, "tls_certificate_file"),
        (BEGINNING._replace(is_tls=True, error=ssl.SSLEOFError(8, "EOF")), FailureKind.KICKED, "closed"),
        # paho's own keep-alive may be shorter than the time that a dial has.
        (BEGINNING._replace(is_overdue=True), FailureKind.TIMEOUT, "did not answer in time"),
        (BEGINNING._replace(is_garbled=True, first_bytes=b"HTTP/1.1 400"), FailureKind.CONFIG, "MQTT 3.1.1"),
        (BEGINNING._replace(is_garbled=True, first_bytes=b"\x15\x03\x03\x00\x02"), FailureKind.TLS, "speaks TLS"),
    ],
)
def test_an_end_without_a_word_is_classified_by_when_and_how_it_came(loss: Loss, kind: FailureKind, words: str) -> None:
    failure = of_loss(loss)
    assert failure.kind is kind
    assert words in failure.message
