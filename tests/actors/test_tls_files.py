"""A certificate file of ours that cannot be used is told with its setting, its path and the fix."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from servers.certificates import Authority, Pair
from servers.ports import HOST
from sitewarden.actors.mqtt import Target
from sitewarden.actors.tls_files import CertificateFileUnusable, tls_context
from sitewarden.actors.trial import trial_of
from sitewarden.config.settings import MqttSection
from sitewarden.store.drafts import ConnectionDraft, SiteDraft


@pytest.fixture
def own(tmp_path: Path) -> Pair:
    return Authority(tmp_path).issue("the client")


def target(**files: Path) -> Target:
    named = {name: str(file) for name, file in files.items()}
    connection = ConnectionDraft(broker_host=HOST, tls_mode="verify", **named)
    return trial_of(SiteDraft(code="north", connection=connection), "", "abcd1234", MqttSection()).target


def told(**files: Path) -> str:
    with pytest.raises(CertificateFileUnusable) as refused:
        tls_context(target(**files))
    assert "_ssl.c" not in str(refused.value)
    assert refused.value.fault.advice
    return str(refused.value)


def in_pem(key: PrivateKeyTypes, sealing: serialization.KeySerializationEncryption) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, sealing)


def junk(directory: Path) -> Path:
    file = directory / "junk.pem"
    file.write_text("no certificate\n")
    return file


def test_a_certificate_with_its_key_is_taken_from_two_files_and_from_one(own: Pair, tmp_path: Path) -> None:
    tls_context(target(tls_certificate_file=own.certificate, tls_key_file=own.key))
    both = tmp_path / "both.pem"
    both.write_bytes(own.certificate.read_bytes() + own.key.read_bytes())
    tls_context(target(tls_certificate_file=both))


@pytest.mark.parametrize("setting", ["tls_ca_file", "tls_certificate_file"])
def test_a_file_that_is_not_there_is_told_with_its_setting(setting: str, tmp_path: Path) -> None:
    missing = tmp_path / "no.pem"
    assert f"{setting} {missing}: No such file or directory. Correct the path" in told(**{setting: missing})
    assert f"{setting} {tmp_path}: Is a directory" in told(**{setting: tmp_path})


@pytest.mark.parametrize("setting", ["tls_ca_file", "tls_certificate_file"])
def test_a_file_without_a_certificate_is_told_with_its_setting(setting: str, tmp_path: Path) -> None:
    file = junk(tmp_path)
    assert f"{setting} {file} holds no certificate in PEM. Set {setting}" in told(**{setting: file})


def test_a_key_of_another_certificate_is_told(own: Pair, tmp_path: Path) -> None:
    other = Authority(tmp_path, "Another CA").issue("another client")
    words = f"tls_key_file {other.key}: the key does not belong to the certificate in tls_certificate_file"
    assert words in told(tls_certificate_file=own.certificate, tls_key_file=other.key)


def test_a_key_of_another_kind_than_the_certificates_is_told(own: Pair) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    own.key.write_bytes(in_pem(key, serialization.NoEncryption()))
    assert "the key does not belong" in told(tls_certificate_file=own.certificate, tls_key_file=own.key)


def test_a_key_that_is_encrypted_is_told(own: Pair) -> None:
    key = serialization.load_pem_private_key(own.key.read_bytes(), None)
    own.key.write_bytes(in_pem(key, serialization.BestAvailableEncryption(b"secret")))
    words = told(tls_certificate_file=own.certificate, tls_key_file=own.key)
    assert f"tls_key_file {own.key}: the key is encrypted" in words


def test_a_key_that_is_missing_is_told_where_it_was_looked_for(own: Pair, tmp_path: Path) -> None:
    assert f"tls_certificate_file {own.certificate} holds no private key" in told(tls_certificate_file=own.certificate)
    file = junk(tmp_path)
    words = told(tls_certificate_file=own.certificate, tls_key_file=file)
    assert f"tls_key_file {file} holds no private key in PEM. Set tls_key_file" in words
