"""What a broker's reason code says of a link's failure, and what to do about it (MQTT 5 section 2.4).

A code means the same in every packet. paho gives the return codes of MQTT 3.1.1 (section 3.2.2.3) as those of MQTT 5.
"""

from typing import NamedTuple

from .failures import Failure, FailureKind

# What only a person can mend is `auth` or `config`; what may pass by itself is `kicked`, and `refused` where the broker
# says it at once.
LIMIT = "it has enough of us or of everybody: raise its limit, or wait"


class Meaning(NamedTuple):
    """The kind of failure, and the fix in words, which may be empty."""

    kind: FailureKind
    advice: str = ""


UNKNOWN = Meaning(FailureKind.KICKED)

MEANINGS = {
    0x84: Meaning(FailureKind.CONFIG, "set `protocol` to the version of MQTT that it speaks"),
    0x85: Meaning(FailureKind.CONFIG, "set a `client_id_prefix` that it takes"),
    0x86: Meaning(FailureKind.AUTH, "check username and password"),
    0x87: Meaning(FailureKind.AUTH, "check username and password, and what the broker's ACL allows them"),
    0x89: Meaning(FailureKind.KICKED, LIMIT),
    0x8A: Meaning(FailureKind.AUTH, "it has banned us: have whoever runs it let us in again"),
    0x8B: Meaning(FailureKind.KICKED, "wait until it is back"),
    0x8C: Meaning(FailureKind.AUTH, "it wants another way to log in than username and password"),
    0x8D: Meaning(FailureKind.KEEPALIVE, "our pings do not reach it in time: raise `keep_alive_interval`"),
    0x8F: Meaning(FailureKind.CONFIG, "check the site's topics"),
    0x90: Meaning(FailureKind.CONFIG, "check the site's `topic_prefix`"),
    0x95: Meaning(FailureKind.CONFIG, "raise its largest packet size"),
    0x96: Meaning(FailureKind.KICKED, LIMIT),
    0x97: Meaning(FailureKind.KICKED, LIMIT),
    0x98: Meaning(FailureKind.KICKED, "somebody disconnected us at the broker"),
    # What we say of ourselves on `backend/status` is retained, at QoS 1.
    0x9A: Meaning(FailureKind.CONFIG, "have it allow retained messages"),
    0x9B: Meaning(FailureKind.CONFIG, "have it allow QoS 1"),
    0x9C: Meaning(FailureKind.KICKED, "it wants us at another broker for now"),
    0x9D: Meaning(FailureKind.CONFIG, "it has moved: set `broker_host` and `broker_port` anew"),
    0x9E: Meaning(FailureKind.CONFIG, "take shared subscriptions out of the site's topics"),
    0x9F: Meaning(FailureKind.KICKED, LIMIT),
    0xA1: Meaning(FailureKind.CONFIG, "set `protocol` to 3.1.1"),
    0xA2: Meaning(FailureKind.CONFIG, "have it allow wildcards, or set `discovery_mode` to closed and topics without"),
}

TAKEN_OVER = 0x8E


def of_connack(code: int, name: str) -> Failure:
    """Say what a refusing CONNACK means; `code` is MQTT 5's, `name` its name."""
    meaning = MEANINGS.get(code, UNKNOWN)
    kind = FailureKind.REFUSED if meaning.kind is FailureKind.KICKED else meaning.kind
    return Failure(kind, sentence("the broker does not let us in", name, meaning.advice))


def of_disconnect(code: int, name: str, client_id: str) -> Failure:
    """Say what a DISCONNECT of the broker means, which only MQTT 5 has (section 3.14.2.1)."""
    if code == TAKEN_OVER:
        return of_takeover(client_id)
    meaning = MEANINGS.get(code, UNKNOWN)
    return Failure(meaning.kind, sentence("the broker disconnected us", name, meaning.advice))


def of_suback(refused: tuple[str, ...], name: str = "") -> Failure:
    """Say what a refusing SUBACK means. Only MQTT 5 gives a reason; `name` is that of the first."""
    what = f"the broker does not let us subscribe to {', '.join(refused)}"
    return Failure(FailureKind.ACL, sentence(what, name, "check its ACL for our user"))


def of_takeover(client_id: str) -> Failure:
    """Say that somebody else is connected as us; a broker keeps only the newest client of an id."""
    return Failure(
        FailureKind.TAKEN_OVER,
        f"another client has connected with our client id {client_id}, and the broker keeps only one: stop the other"
        " (a copy of this installation's database has the same id), or set another `client_id_prefix`",
    )


def of_inferred_takeover(client_id: str) -> Failure:
    """Say the same where the broker did not, but what has come and how it cuts us does (`takeover.py`)."""
    message = of_takeover(client_id).message
    return Failure(FailureKind.TAKEN_OVER, f"the broker has cut the link without a word: most likely {message}")


def sentence(what: str, name: str, advice: str) -> str:
    reason = f" ({name})" if name else ""
    return f"{what}{reason}: {advice}" if advice else f"{what}{reason}"
