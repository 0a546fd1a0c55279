"""What an import would change. Decides only: nothing here reads a file or writes a database."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from ..store.drafts import SiteDraft
from ..store.records import ConnectionRecord, SiteConfiguration, SiteRecord, TopicRecord

# Not people's decisions, or told apart in another way (the password).
NOT_COMPARED = {"id", "site_id", "created_at", "updated_at", "code", "sealed_password"}

PASSWORD = "connection.password"


class FieldChange(NamedTuple):
    """A field of a site; None where it is not there."""

    field: str
    old: object
    new: object

    def __str__(self) -> str:
        if self.field == PASSWORD:
            return f"{self.field}: changed"
        return f"{self.field}: {shown(self.old)} -> {shown(self.new)}"


class SiteChange(NamedTuple):
    """What would happen to one site of the file; no `fields` if nothing."""

    code: str
    is_new: bool
    fields: tuple[FieldChange, ...]

    @property
    def is_change(self) -> bool:
        return self.is_new or bool(self.fields)


def diff_fleet(
    stored: Sequence[SiteConfiguration], drafts: Sequence[SiteDraft], opened: Callable[[str], str | None]
) -> list[SiteChange]:
    """Compare each draft, complete with the installation's defaults, with the site of its code.

    `opened` gives the clear text of a sealed password, None if it cannot be read. Sites that no draft names stay as
    they are and are not in the answer.
    """
    by_code = {configuration.site.code: configuration for configuration in stored}
    return [diff_site(by_code.get(draft.code), draft, opened) for draft in drafts]


def diff_site(stored: SiteConfiguration | None, draft: SiteDraft, opened: Callable[[str], str | None]) -> SiteChange:
    old = dict(fields_of(stored)) if stored else {}
    new = dict(fields_of(configured(draft)))
    changes = [FieldChange(name, old.get(name), new.get(name)) for name in {**new, **old}]
    changes = [change for change in changes if change.old != change.new]
    password = draft.connection.password
    current = opened(stored.connection.sealed_password) if stored else ""
    if password is not None and password != current:
        changes.append(FieldChange(PASSWORD, None, None))
    return SiteChange(draft.code, stored is None, tuple(changes))


def configured(draft: SiteDraft) -> SiteConfiguration:
    """The configuration as it would be stored, but for ids, times and the password."""
    site = SiteRecord(id=0, created_at=0, updated_at=0, **draft.model_dump(exclude={"connection"}))
    values: dict[str, Any] = draft.connection.model_dump(exclude={"topics", "password"})
    connection = ConnectionRecord(id=0, site_id=0, sealed_password="", **values)
    topics = tuple(TopicRecord(id=0, site_id=0, **topic.model_dump()) for topic in draft.connection.topics)
    return SiteConfiguration(site, connection, topics)


def fields_of(configuration: SiteConfiguration) -> Iterator[tuple[str, object]]:
    """Every field that people decide, by the name that it has in a fleet file."""
    for name, value in configuration.site._asdict().items():
        if name not in NOT_COMPARED:
            yield name, value
    for name, value in configuration.connection._asdict().items():
        if name not in NOT_COMPARED:
            yield f"connection.{name}", value
    for topic in configuration.topics:
        paused = "" if topic.is_active else ", not active"
        yield f"connection.topic {topic.topic_pattern!r}", f"QoS {topic.qos_level}{paused}"


def shown(value: object) -> str:
    return "nothing" if value is None or value == "" else str(value)
