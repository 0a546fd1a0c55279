"""Write what people decided about sites."""

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any

from .configuration import read_configurations
from .database import StoreDatabase
from .drafts import SiteDraft, TopicDraft
from .errors import ClientIdTaken, PrefixOverlap, SecretUnreadable, SiteTwice
from .mqtt_names import prefixes_overlap
from .records import SiteConfiguration, TopicRecord
from .secrets import Secrets
from .tables import Connection, Site, Topic


def save_fleet(database: StoreDatabase, drafts: Sequence[SiteDraft], secrets: Secrets, now: float) -> None:
    """Create or update sites by their code, inside a transaction; a site's topics become exactly the draft's.

    Raises `SiteTwice`, and `PrefixOverlap` and `ClientIdTaken` naming both sites.
    """
    codes = [draft.code for draft in drafts]
    for code in codes:
        if codes.count(code) > 1:
            raise SiteTwice(f"site {code} is written down twice")
    stored = {configuration.site.code: configuration for configuration in read_configurations(database)}
    for draft in drafts:
        site_id = save_site(database, draft, stored.get(draft.code), now)
        save_connection(database, site_id, draft, secrets, stored.get(draft.code))
        save_topics(database, site_id, draft.connection.topics, stored.get(draft.code))
    check_neighbours(read_configurations(database))


def save_site(database: StoreDatabase, draft: SiteDraft, stored: SiteConfiguration | None, now: float) -> int:
    columns = draft.model_dump(exclude={"connection"})
    if stored is None:
        return int(Site.insert(**columns, created_at=now, updated_at=now).execute(database))
    Site.update(**columns, updated_at=now).where(Site.id == stored.site.id).execute(database)
    return stored.site.id


def save_connection(
    database: StoreDatabase, site_id: int, draft: SiteDraft, secrets: Secrets, stored: SiteConfiguration | None
) -> None:
    columns: dict[str, Any] = draft.connection.model_dump(exclude={"topics", "password"})
    password = draft.connection.password
    if password is not None and not (stored and is_sealed(password, stored.connection.sealed_password, secrets)):
        columns["sealed_password"] = secrets.seal(password)
    if stored is None:
        Connection.insert({"sealed_password": "", **columns, "site_id": site_id}).execute(database)
    else:
        Connection.update(**columns).where(Connection.site_id == site_id).execute(database)


def is_sealed(password: str, sealed: str, secrets: Secrets) -> bool:
    """Say whether a password is stored already: each seal is another, and a changed connection is dialled anew."""
    try:
        return secrets.open(sealed) == password
    except SecretUnreadable:
        return False


def save_topics(
    database: StoreDatabase, site_id: int, drafts: Sequence[TopicDraft], stored: SiteConfiguration | None
) -> None:
    """Keep the id of a topic whose filter stays."""
    before: dict[str, TopicRecord] = {topic.topic_pattern: topic for topic in (stored.topics if stored else ())}
    for draft in drafts:
        if topic := before.pop(draft.topic_pattern, None):
            Topic.update(**draft.model_dump()).where(Topic.id == topic.id).execute(database)
        else:
            Topic.insert(**draft.model_dump(), site_id=site_id).execute(database)
    gone = [topic.id for topic in before.values()]
    Topic.delete().where(Topic.id.in_(gone)).execute(database)


def check_neighbours(sites: Iterable[SiteConfiguration]) -> None:
    """Refuse two sites on one broker that would disturb each other."""
    for one, other in combinations(sites, 2):
        mine, theirs = one.connection, other.connection
        if (mine.broker_host.lower(), mine.broker_port) != (theirs.broker_host.lower(), theirs.broker_port):
            continue
        broker = f"on the broker {mine.broker_host}:{mine.broker_port}"
        if prefixes_overlap(mine.topic_prefix, theirs.topic_prefix):
            raise PrefixOverlap(
                f"sites {one.site.code} and {other.site.code} would hear each other {broker}: their topic prefixes"
                f" {mine.topic_prefix!r} and {theirs.topic_prefix!r} overlap"
            )
        if mine.client_id_prefix == theirs.client_id_prefix:
            raise ClientIdTaken(
                f"sites {one.site.code} and {other.site.code} would throw each other off {broker}: both have the"
                f" client_id_prefix {mine.client_id_prefix!r}"
            )
