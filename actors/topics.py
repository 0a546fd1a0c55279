"""Which topics belong to a site, and the fewest filters that cover them.

MQTT 5 section 4.7: a filter's `+` stands for one level, a closing `#` for its parent and all levels below, and a
leading wildcard for no topic that begins with `$`. The store checks what people write; filters are valid here.
"""

from collections.abc import Sequence
from itertools import zip_longest
from typing import NamedTuple

from ..store.records import ConnectionRecord, TopicRecord

# paho is less crash-safe at QoS 2, so that is subscribed at 1 (row A3). Discovery wants what the broker has kept.
HIGHEST_QOS = 1
DISCOVERY_QOS = 1

# Where we say that we are there, below the prefix (row B13).
PRESENCE_TOPIC = "backend/status"


class Subscription(NamedTuple):
    """A filter and the quality of service to ask for."""

    filter: str
    qos: int


def filter_covers(wide: str, narrow: str) -> bool:
    """Say whether `wide` takes every topic that `narrow` takes. A topic is a filter that takes only itself."""
    wide_levels, narrow_levels = wide.split("/"), narrow.split("/")
    if wide_levels[0] in ("+", "#") and narrow_levels[0].startswith("$"):
        return False
    for wide_level, narrow_level in zip_longest(wide_levels, narrow_levels):
        if wide_level == "#":
            return True
        if wide_level != narrow_level and (wide_level != "+" or narrow_level in (None, "#")):
            return False
    return True


def filters_overlap(one: str, other: str) -> bool:
    """Say whether there is a topic that both filters take; neither begins with a wildcard."""
    for mine, theirs in zip_longest(one.split("/"), other.split("/")):
        if "#" in (mine, theirs):
            return True
        if mine != theirs and (None in (mine, theirs) or "+" not in (mine, theirs)):
            return False
    return True


def join(one: str, other: str) -> str:
    """Give the narrowest filter that takes all that two which overlap take."""
    levels = []
    for mine, theirs in zip(one.split("/"), other.split("/"), strict=False):
        levels.append("#" if "#" in (mine, theirs) else mine if mine == theirs else "+")
        if levels[-1] == "#":
            return "/".join(levels)
    return "/".join(levels) if one.count("/") == other.count("/") else "/".join([*levels, "#"])


def discovery_mode(connection: ConnectionRecord, is_enabled: bool) -> str:
    """Give a site's mode of discovery; `is_enabled` is whether this installation discovers at all."""
    return connection.discovery_mode if is_enabled else "closed"


def subscriptions(prefix: str, configured: Sequence[TopicRecord], discovery_mode: str) -> tuple[Subscription, ...]:
    """Give the filters to subscribe, of which no two take one topic: a broker may send a copy for each that does.

    With discovery that is all below the prefix, where every configured filter lies. When it is `closed` it is the
    active configured ones, in their order, and our own presence, whose echo ends what the broker had queued. Those that
    overlap are joined, with the higher QoS; what nobody configured and comes with it is left to the reception.
    """
    if discovery_mode != "closed":
        return (Subscription(f"{prefix}/#", DISCOVERY_QOS),)
    wanted = [
        Subscription(topic.topic_pattern, min(topic.qos_level, HIGHEST_QOS)) for topic in configured if topic.is_active
    ]
    wanted.append(Subscription(f"{prefix}/{PRESENCE_TOPIC}", DISCOVERY_QOS))
    joined: list[Subscription] = []
    for subscription in wanted:
        name, qos = subscription
        # A join may overlap others that its parts did not.
        while overlapping := [other for other in joined if filters_overlap(name, other.filter)]:
            for other in overlapping:
                name, qos = join(name, other.filter), max(qos, other.qos)
                joined.remove(other)
        joined.append(Subscription(name, qos))
    return tuple(joined)


def below_prefix(prefix: str, topic: str) -> str | None:
    """Give a topic's levels below the site's prefix, or None if it is not below: `site_1` holds no `site_10/...`."""
    start = f"{prefix}/"
    return topic[len(start) :] if topic.startswith(start) else None


def pattern_of(prefix: str, topic: str) -> str:
    """Give the catalogue's pattern of a topic: below the prefix, levels of digits alone become `+`.

    So the instances of a device share a pattern (`sito_001/gateway/+/heartbeat`). Levels that are letters and digits
    stay: a `v2` or a `ch1` is a name, and a serial that is kept apart does no harm. A topic that is not below the
    prefix is its own pattern.
    """
    below = below_prefix(prefix, topic)
    if below is None:
        return topic
    levels = ("+" if level.isascii() and level.isdigit() else level for level in below.split("/"))
    return "/".join((prefix, *levels))
