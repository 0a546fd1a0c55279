"""Passwords, as Argon2id hashes (RFC 9106)."""

import threading

from argon2 import PasswordHasher

from .errors import PasswordInvalid

SHORTEST_PASSWORD = 8  # characters; NIST SP 800-63B section 3.1.1.2

# A hash takes 64 MiB while it is made: more at once would not fit into a small appliance.
HASHES_AT_ONCE = threading.BoundedSemaphore(2)


def hash_password(password: str) -> str:
    """Return the hash of a new password; raises `PasswordInvalid`."""
    if len(password) < SHORTEST_PASSWORD:
        raise PasswordInvalid(f"a password has at least {SHORTEST_PASSWORD} characters")
    try:
        with HASHES_AT_ONCE:
            return PasswordHasher().hash(password)
    except UnicodeEncodeError:
        # `from None`: the error holds the password.
        raise PasswordInvalid("the password is not valid Unicode text") from None
