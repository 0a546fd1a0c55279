"""Digests that stand for what is too long for an index."""

import hashlib

from .storable import json_text


def digest_of(*parts: str | int) -> str:
    """Return 64 hexadecimal digits for a list of values; different lists give different digests."""
    # JSON keeps ("a", "bc") and ("ab", "c") apart.
    return hashlib.sha256(json_text(parts).encode()).hexdigest()
