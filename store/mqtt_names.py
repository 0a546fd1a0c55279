"""The syntax of topic prefixes, filters and broker hosts, as people write them."""

import ipaddress
import re
import unicodedata

LONGEST_HOST = 253  # RFC 1035 section 2.3.4, without the final dot
HOST_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")

# Cc: control characters; Cs: lone surrogates; Zl and Zp: line and paragraph separators.
NOT_IN_A_LINE = ("Cc", "Cs", "Zl", "Zp")


def check_line(text: str) -> str:
    """Return text that fits on one line; raises ValueError naming the character that does not."""
    for character in text:
        if unicodedata.category(character) in NOT_IN_A_LINE:
            raise ValueError(f"the character U+{ord(character):04X} is not allowed here")
    return text


def check_host(host: str) -> str:
    """Return a host name or an IP address; raises ValueError.

    Not only for the reader's sake: `a..b` and a label of 64 characters make Python's resolver raise a UnicodeError,
    which is no OSError, and so ends whoever dials.
    """
    try:
        ipaddress.ip_address(host)
    except ValueError:
        labels = host.removesuffix(".").split(".")
        if len(host) <= LONGEST_HOST and all(HOST_LABEL.fullmatch(label) for label in labels):
            return host
        raise ValueError(
            f"{host!r} is neither a host name nor an IP address: write labels of 1 to 63 letters, digits and hyphens,"
            " with dots between (an international name in its xn-- form)"
        ) from None
    return host


def check_prefix(prefix: str) -> str:
    """Return a topic prefix of one or more levels; raises ValueError."""
    if any(character in prefix for character in "+#"):
        raise ValueError(f"{prefix!r} is a prefix and holds no + or #")
    if prefix.startswith("$"):
        raise ValueError(f"{prefix!r}: topics that begin with $ belong to the broker")
    if not all(prefix.split("/")):
        raise ValueError(f"{prefix!r} has an empty level: write a/b, without a slash at either end")
    return prefix


def check_filter(pattern: str) -> str:
    """Return a topic filter (MQTT section 4.7); raises ValueError."""
    levels = pattern.split("/")
    if not pattern:
        raise ValueError("a topic filter has at least one character")
    if "#" in "".join(levels[:-1]) or ("#" in levels[-1] and levels[-1] != "#"):
        raise ValueError(f"{pattern!r}: # stands alone in the last level")
    if any("+" in level and level != "+" for level in levels):
        raise ValueError(f"{pattern!r}: + stands alone in its level")
    return pattern


def is_below(prefix: str, pattern: str) -> bool:
    """Say whether a filter takes only topics below the prefix."""
    return pattern.startswith(f"{prefix}/")


def prefixes_overlap(one: str, other: str) -> bool:
    """Say whether there is a topic below both: `a` and `a/b` overlap, `a` and `ab` do not."""
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")
