"""TLS as a connection's settings have it: the files of its certificates, and what is wrong with one of them."""

import ssl

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from .certificates import Fault
from .mqtt import Target

CA, CERTIFICATE, KEY = "tls_ca_file", "tls_certificate_file", "tls_key_file"


class CertificateFileUnusable(ValueError):
    """A file that a connection names cannot be used; the message has its setting, its path and the fix."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(f"{fault.result}. {fault.advice}")
        self.fault = fault


def tls_context(target: Target) -> ssl.SSLContext:
    """Make what a TLS connection to a broker is opened with. Raises `CertificateFileUnusable`."""
    # OpenSSL's own errors name neither the setting nor the file.
    contents = {
        setting: read(setting, file) for setting in (CA, CERTIFICATE, KEY) if (file := getattr(target, setting))
    }
    try:
        context = ssl.create_default_context(cafile=target.tls_ca_file or None)
    except OSError as error:
        raise CertificateFileUnusable(no_certificate(CA, target.tls_ca_file)) from error
    if target.tls_certificate_file:
        try:
            # Without a password OpenSSL would ask for an encrypted key's on the terminal, and wait for ever.
            context.load_cert_chain(target.tls_certificate_file, target.tls_key_file or None, password="")
        except OSError as error:
            raise CertificateFileUnusable(fault_of_pair(target, contents, error)) from error
    if target.tls_mode == "insecure":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def read(setting: str, file: str) -> bytes:
    try:
        with open(file, "rb") as opened:
            return opened.read()
    except OSError as error:
        fault = Fault(
            f"{setting} {file}: {error.strerror}",
            "Correct the path: it is one of the machine that Sitewarden runs on, and its account must read it.",
        )
        raise CertificateFileUnusable(fault) from error


def fault_of_pair(target: Target, contents: dict[str, bytes], error: OSError) -> Fault:
    """Say why our certificate and its key cannot be used together: OpenSSL says no more than `PEM lib` of most."""
    certificate_file = target.tls_certificate_file
    setting = KEY if target.tls_key_file else CERTIFICATE  # both may be in one file
    where = f"{setting} {getattr(target, setting)}"
    try:
        certificate = x509.load_pem_x509_certificates(contents[CERTIFICATE])[0]
    except ValueError:
        return no_certificate(CERTIFICATE, certificate_file)
    try:
        key = load_pem_private_key(contents[setting], password=None)
    except TypeError:
        return Fault(
            f"{where}: the key is encrypted",
            f"Set {KEY} to a file with its unencrypted key, which only Sitewarden's account may read.",
        )
    except (ValueError, UnsupportedAlgorithm):
        return Fault(f"{where} holds no private key in PEM", f"Set {KEY} to the file of the certificate's private key.")
    if key.public_key() != certificate.public_key():
        return Fault(
            f"{where}: the key does not belong to the certificate in {CERTIFICATE} {certificate_file}",
            f"Set {KEY} to the key that this certificate was issued for; in a file of several certificates its own"
            " comes first.",
        )
    reason = getattr(error, "reason", None) or "not accepted"
    return Fault(
        f"{CERTIFICATE} {certificate_file}: OpenSSL does not take it: {reason.replace('_', ' ').lower()}",
        "Have the certificate and its key issued anew, of a kind and size that this machine takes.",
    )


def no_certificate(setting: str, file: str) -> Fault:
    return Fault(
        f"{setting} {file} holds no certificate in PEM",
        f"Set {setting} to a file with a line -----BEGIN CERTIFICATE-----; one in DER is made such by"
        " `openssl x509 -inform DER`.",
    )
