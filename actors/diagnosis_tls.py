"""The third stage of a diagnosis: TLS, and what it is that answers where TLS fails. Blocks as the others do."""

import socket
import ssl
import time
from contextlib import suppress
from typing import Any

from .certificates import Certificate, Fault, describe, expiring, faults, read_chain
from .diagnosis_network import Network, dial
from .failures import FailureKind, of_exception
from .stages import Finding, Outcome, failed
from .tls_files import CertificateFileUnusable, tls_context

# A second look asks what kind of a port it is: it answers at once or is not what we ask for. Seconds.
SECOND_LOOK = 2.0

# MQTT 3.1.1 sections 3.1 and 3.2: a CONNECT without a user, a client id and a session; the type byte of a CONNACK.
CONNECT = bytes.fromhex("10 0c 0004 4d515454 04 02 003c 0000")
CONNACK = 0x20


class Tls:
    """TLS over the connection that `network` has made. It is asked again, without us, where it fails."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.target = network.target

    def secure(self, limit: float) -> Finding:
        """Shake hands, and look at the broker's certificates."""
        if self.target.tls_mode == "off":
            return Finding(Outcome.SKIPPED, "tls_mode is off: all can be read on the way, the password too")
        assert self.network.sock is not None, "TLS comes after TCP"
        try:
            context = tls_context(self.target)
        except CertificateFileUnusable as error:
            return Finding(Outcome.FAILED, *error.fault)
        try:
            self.network.sock = secured = shake_hands(self.network.sock, context, self.target.host, limit)
        except ssl.SSLCertVerificationError as error:
            return self.explain_certificate(error, limit)
        except OSError as error:
            return self.explain_handshake(error)
        cipher = secured.cipher()
        return self.judge(chain_of(secured), f"{secured.version()}, {cipher[0] if cipher else 'no cipher'}")

    def judge(self, chain: tuple[Certificate, ...], terms: str) -> Finding:
        """Say what we agreed on, and whether it lasts."""
        now = time.time()
        result = "; ".join([terms, *(describe(certificate, now) for certificate in chain)])
        if self.target.tls_mode == "insecure":
            advice = "Set tls_mode to verify: with insecure anybody on the way can pose as the broker."
            return Finding(Outcome.WARNING, f"{result}; none of it is verified, tls_mode is insecure", advice)
        if soon := expiring(chain, now):
            return Finding(Outcome.WARNING, result, f"Renew the certificate {soon.subject} before it expires.")
        return Finding(Outcome.OK, result)

    def explain_certificate(self, error: ssl.SSLCertVerificationError, limit: float) -> Finding:
        """Look again without verifying, for OpenSSL says less than the certificates do."""
        chain: tuple[Certificate, ...] = ()
        with suppress(OSError, CertificateFileUnusable), self.shake_hands_blindly(limit) as sock:
            chain = chain_of(sock)
        trusted = f"those of {self.target.tls_ca_file}" if self.target.tls_ca_file else "those this machine trusts"
        wrong = faults(chain, self.target.host, error.verify_code, trusted, time.time()) or [
            Fault(f"the broker's certificate is not accepted: {error.verify_message}", "Have it issued anew.")
        ]
        return Finding(
            Outcome.FAILED,
            "; ".join(dict.fromkeys(fault.result for fault in wrong)),
            " ".join(dict.fromkeys(fault.advice for fault in wrong)),
        )

    def explain_handshake(self, error: OSError) -> Finding:
        port = self.target.port
        if self.answers_plain_mqtt():
            return Finding(
                Outcome.FAILED,
                f"port {port} speaks MQTT without TLS",
                "Set broker_port to the broker's port for TLS, usually 8883, or tls_mode to off.",
            )
        return failed(FailureKind.TLS, of_exception(error, self.target.host, port)[1])

    def explain_silence(self) -> Finding | None:
        """Say so if a broker that closes before CONNACK wants TLS from us."""
        if self.target.tls_mode != "off":
            return None
        try:
            self.shake_hands_blindly(SECOND_LOOK).close()
        except OSError:
            return None
        return Finding(
            Outcome.FAILED,
            f"port {self.target.port} speaks TLS, and tls_mode is off",
            "Set tls_mode to verify, and tls_ca_file if a CA of your own signs the broker's certificate.",
        )

    def answers_plain_mqtt(self) -> bool:
        """Ask without TLS, and without telling who we are."""
        try:
            with dial(self.network.address, SECOND_LOOK) as sock:
                sock.sendall(CONNECT)
                return sock.recv(1)[:1] == bytes([CONNACK])
        except OSError:
            return False

    def shake_hands_blindly(self, limit: float) -> ssl.SSLSocket:
        """Make another connection that takes any certificate. Nothing is ever sent over it."""
        context = tls_context(self.target._replace(tls_mode="insecure"))
        return shake_hands(dial(self.network.address, limit), context, self.target.host, limit)


def shake_hands(sock: socket.socket, context: ssl.SSLContext, host: str, limit: float) -> ssl.SSLSocket:
    """Put TLS over a connection, which is closed if that fails. Raises `OSError`."""
    sock.settimeout(limit)
    secured = context.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
    try:
        secured.do_handshake()
    except OSError:
        secured.close()
        raise
    return secured


def chain_of(sock: ssl.SSLSocket) -> tuple[Certificate, ...]:
    """Read the certificates that the other side showed, its own first; none if one is not as it must be."""
    try:
        return read_chain(encoded_chain(sock))
    except ValueError:
        return ()


def encoded_chain(sock: Any) -> list[bytes]:
    """Give the certificates that the other side showed, in DER."""
    if hasattr(sock, "get_unverified_chain"):
        return list(sock.get_unverified_chain())
    # Before Python 3.13 the socket does not pass on what its inner object knows.
    certificates = sock._sslobj.get_unverified_chain() or []
    return [ssl.PEM_cert_to_DER_cert(certificate.public_bytes()) for certificate in certificates]
