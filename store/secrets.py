"""Secrets that must be stored so that they can be read again: the passwords of brokers."""

import os
from pathlib import Path
from tempfile import mkstemp

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from .errors import SecretsInvalid, SecretUnreadable
from .private_files import make_directory


class Secrets:
    """Seals and opens text with Fernet keys: the first one seals, all of them open, so that keys can be replaced."""

    def __init__(self, keys: MultiFernet) -> None:
        self.keys = keys

    @classmethod
    def load(cls, keys: str | None, file: Path) -> "Secrets":
        """Take the comma-separated `keys`, or else those in `file`, one a line, which is made at the first use.

        Raises `SecretsInvalid`.
        """
        if keys is not None:
            return cls(parse_keys("SECRET_KEYS", keys.split(",")))
        try:
            return cls(parse_keys(str(file), read_or_make(file).splitlines()))
        except (OSError, UnicodeDecodeError) as error:
            raise SecretsInvalid(f"the secret key in {file} cannot be read or made: {error}") from error

    def seal(self, clear: str) -> str:
        """Return what may be stored; an empty text stays empty."""
        return self.keys.encrypt(clear.encode()).decode() if clear else ""

    def open(self, sealed: str) -> str:
        """Return what was sealed; raises `SecretUnreadable`."""
        if not sealed:
            return ""
        try:
            return self.keys.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise SecretUnreadable(
                "the stored secret was sealed with another key: add that key to SECRET_KEYS, or set the secret anew"
            ) from error


def parse_keys(source: str, keys: list[str]) -> MultiFernet:
    """Make the keys usable; an error names the source and the place in it, never a key."""
    written = [key.strip() for key in keys if key.strip()]
    if not written:
        raise SecretsInvalid(f"{source} holds no key")
    fernets = []
    for place, key in enumerate(written, start=1):
        try:
            fernets.append(Fernet(key))
        except ValueError:
            # `from None`: the error might show the key.
            raise SecretsInvalid(
                f"key {place} in {source} is not a Fernet key: write 32 random bytes in URL-safe base64"
            ) from None
    return MultiFernet(fernets)


def read_or_make(file: Path) -> str:
    make_directory(file.parent)
    if not file.exists():
        make(file)
    return file.read_text()


def make(file: Path) -> None:
    """Write a new key; if another process was quicker, its key stays."""
    # Complete before it has its name: nobody may read half a key, and a crash may not leave one behind.
    descriptor, draft = mkstemp(dir=file.parent, prefix=f"{file.name}.")  # mode 0600
    with open(descriptor, "wb") as new:
        new.write(Fernet.generate_key() + b"\n")
        new.flush()
        os.fsync(new.fileno())
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        os.unlink(draft)
