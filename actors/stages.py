"""What a diagnosis says: a stage after the other, each with its result and the fix in words."""

from enum import StrEnum
from typing import NamedTuple

from .failures import FailureKind


class Outcome(StrEnum):
    """How a stage went. A warning is worth a look and keeps nothing from working."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


class Finding(NamedTuple):
    """What is so, and what to do about it; `advice` is empty where there is nothing to do."""

    outcome: Outcome
    result: str
    advice: str = ""


class Stage(NamedTuple):
    """One stage of a diagnosis. `seconds` is how long it took."""

    name: str
    outcome: Outcome
    seconds: float
    result: str
    advice: str = ""


# Where a stage knows nothing better.
ADVICE = {
    FailureKind.DNS: "Correct broker_host, or mend the DNS of this machine; an IP address needs no DNS.",
    FailureKind.REFUSED: "Start the broker, or correct broker_port (1883 is usual, 8883 with TLS); a firewall on the"
    " way may refuse as well.",
    FailureKind.TIMEOUT: "See that the host is on and broker_host and broker_port are right; most often a firewall on"
    " the way drops what we send.",
    FailureKind.TLS: "If the broker asks for a client certificate, set tls_certificate_file and tls_key_file to one of"
    " a CA that it knows; else see that the port speaks TLS, and which versions and ciphers the broker takes.",
    FailureKind.AUTH: "Correct username and password. If they are right, the broker may ask for a client certificate,"
    " or let this user in from certain addresses only.",
    FailureKind.ACL: "Let this user read the filter in the broker's access list.",
    FailureKind.CONFIG: "Correct the connection's settings: the broker's log says what it does not take.",
}
LOOK_AT_THE_BROKER = (
    "Look into the broker's log: most often a limit of its own, its access list (ACL) or a port that expects TLS is"
    " why it closes."
)


def failed(kind: FailureKind, result: str) -> Finding:
    """Make a finding of a failure that a stage can say nothing more of."""
    return Finding(Outcome.FAILED, result, ADVICE.get(kind, LOOK_AT_THE_BROKER))


def printable(text: str) -> str:
    """Return text on one line: names of topics and certificates are whoever's who made them."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
