"""What a broker's certificates say, and what is wrong with them. Decides; `diagnosis_network.py` fetches them."""

import ipaddress
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from cryptography import x509

DAY_SECONDS = 86_400

# A month is what it takes to have one renewed where that is still done by hand.
EXPIRES_SOON_DAYS = 30

# What OpenSSL's verification says (x509_vfy.h) where no CA that we trust has signed: unable to get the issuer, a
# self-signed certificate alone or in the chain, unable to get the issuer locally, unable to verify the first one.
UNKNOWN_ISSUER_CODES = {2, 18, 19, 20, 21}


class Certificate(NamedTuple):
    """One certificate of a chain; times are epoch seconds."""

    subject: str
    issuer: str
    names: tuple[str, ...]  # the hosts and addresses that it is for
    valid_from: float
    valid_until: float

    def days_left(self, now: float) -> int:
        """Whole days until it expires; negative once it has."""
        return int((self.valid_until - now) // DAY_SECONDS)


class Fault(NamedTuple):
    """What is wrong with a chain, or with a file of ours, and the fix."""

    result: str
    advice: str


def read_chain(encoded: Sequence[bytes]) -> tuple[Certificate, ...]:
    """Read certificates in DER, the broker's own first. Raises `ValueError` for what is none."""
    return tuple(read_certificate(x509.load_der_x509_certificate(der)) for der in encoded)


def read_certificate(certificate: x509.Certificate) -> Certificate:
    return Certificate(
        subject=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        names=tuple(names_of(certificate)),
        valid_from=certificate.not_valid_before_utc.timestamp(),
        valid_until=certificate.not_valid_after_utc.timestamp(),
    )


def names_of(certificate: x509.Certificate) -> Iterator[str]:
    """Give the alternative names; the common name counts no more (RFC 9525 section 2)."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return
    yield from names.get_values_for_type(x509.DNSName)
    yield from map(str, names.get_values_for_type(x509.IPAddress))


def faults(chain: Sequence[Certificate], host: str, code: int, trusted: str, now: float) -> list[Fault]:
    """Say all that is wrong with a chain which OpenSSL refused with `code`, which is but the first that it met.

    `trusted` says in words whose signature we take.
    """
    found = [fault for certificate in chain if (fault := fault_in_time(certificate, now))]
    if code in UNKNOWN_ISSUER_CODES:
        issuer = chain[-1].issuer if chain else "somebody"
        found.append(
            Fault(
                f"the certificate is signed by {issuer}, which is not among {trusted}",
                "Set tls_ca_file to the certificate of the CA that signs this broker's; if you do not know that CA,"
                " this may not be your broker.",
            )
        )
    if chain and not is_for(host, chain[0].names):
        names = ", ".join(chain[0].names) or "no host at all"
        found.append(
            Fault(
                f"the certificate is for {names}, not for {host}",
                f"Set broker_host to a name that the certificate has, or have {host} put into the certificate.",
            )
        )
    return found


def fault_in_time(certificate: Certificate, now: float) -> Fault | None:
    if now > certificate.valid_until:
        days = -certificate.days_left(now)
        return Fault(
            f"the certificate {certificate.subject} expired on {day(certificate.valid_until)} ({counted(days)} ago)",
            "Renew it at the broker, and have the broker read it again.",
        )
    if now < certificate.valid_from:
        return Fault(
            f"the certificate {certificate.subject} is not valid before {day(certificate.valid_from)}",
            "Set the clock of this machine if it is wrong; else wait, or have the certificate issued anew.",
        )
    return None


def expiring(chain: Sequence[Certificate], now: float) -> Certificate | None:
    """Give the certificate that expires first, if that is soon."""
    first = min(chain, key=lambda certificate: certificate.valid_until, default=None)
    return first if first is not None and first.days_left(now) < EXPIRES_SOON_DAYS else None


def is_for(host: str, names: Sequence[str]) -> bool:
    """Say whether a certificate with these names is for a host: RFC 9525 section 6.3, a `*` for the first label."""
    try:
        address = str(ipaddress.ip_address(host))
    except ValueError:
        wanted = host.removesuffix(".").lower()
        above = wanted.partition(".")[2]
        return any(name.lower() in (wanted, f"*.{above}") for name in names)
    return address in names


def describe(certificate: Certificate, now: float) -> str:
    days = certificate.days_left(now)
    left = f"expires in {counted(days)}" if days >= 0 else f"expired {counted(-days)} ago"
    return f"{certificate.subject} (issuer {certificate.issuer}, {left})"


def counted(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"


def day(epoch: float) -> str:
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%d")
