"""A certificate authority of the tests' own, and listeners of mosquitto with what it issues."""

import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from servers.ports import HOST, free_port

DAY = timedelta(days=1)
YEAR = 365 * DAY


class Pair(NamedTuple):
    """The files of a certificate and its key, in PEM."""

    certificate: Path
    key: Path


class Authority:
    """Issues certificates into a directory; `file` is its own, for those that trust it."""

    def __init__(self, directory: Path, name: str = "The test's CA") -> None:
        self.directory = directory
        self.name = common_name(name)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.issued = 0
        self.file = directory / f"{name}.crt"
        builder = self.builder(self.name, self.key.public_key(), datetime.now(UTC) + 2 * YEAR)
        own = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self.file.write_bytes(own.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str = HOST, names: Sequence[str] = (), valid_until: datetime | None = None) -> Pair:
        """Issue a certificate to `name`, for the hosts and addresses `names` (else for `name`), by default for a year.

        One that is valid until some time gone by has expired.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self.builder(common_name(name), key.public_key(), valid_until or datetime.now(UTC) + YEAR)
        alternatives = x509.SubjectAlternativeName([general_name(each) for each in names or [name]])
        certificate = builder.add_extension(alternatives, critical=False).sign(self.key, hashes.SHA256())
        self.issued += 1
        stem = f"{self.file.stem} {self.issued}"
        pair = Pair(self.directory / f"{stem}.crt", self.directory / f"{stem}.key")
        pair.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        pair.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return pair

    def builder(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, valid_until: datetime
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(min(valid_until, datetime.now(UTC)) - DAY)
            .not_valid_after(valid_until)
        )


class TlsListener:
    """A port of a mosquitto that speaks TLS; `config` are the lines for its mosquitto.conf."""

    def __init__(self, pair: Pair, *options: str) -> None:
        self.port = free_port()
        self.config = [f"listener {self.port} {HOST}", f"certfile {pair.certificate}", f"keyfile {pair.key}", *options]


def common_name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def general_name(host: str) -> x509.GeneralName:
    """Give an address or a host as a certificate's alternative name; what is neither stands as a host."""
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
