"""Fleet files (row A6): sites, their connections and topics, as people write them down in TOML or JSON."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..store.drafts import ConnectionDraft, SiteDraft, TopicDraft
from ..store.records import SiteConfiguration
from .refusal import Refusal

# In a file every topic is a `[[site.connection.topic]]`; in a draft they are its `topics`.
TOPIC, TOPICS = "topic", "topics"

# Written even where they are the default: a file without them would not tell a reader which site it is about.
ALWAYS_WRITTEN = {"code", "name", "broker_host", "broker_port"}


class FleetInvalid(Refusal):
    """A fleet file cannot be used; the message names each bad row by its site and field. Nothing was changed."""


def read_fleet(file: Path) -> list[SiteDraft]:
    """Read a fleet file, TOML or JSON by its ending; raises `FleetInvalid` or `OSError`."""
    readers = {".toml": tomllib.loads, ".json": json.loads}
    if file.suffix not in readers:
        raise FleetInvalid(f"{file}: the name must end in .toml or .json, so that it is known how to read it")
    try:
        document = readers[file.suffix](file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise FleetInvalid(f"{file} is not {file.suffix[1:].upper()}: {error}") from error
    return parse_fleet(document, str(file))


def parse_fleet(document: Any, source: str) -> list[SiteDraft]:
    """Validate every row of a fleet; raises `FleetInvalid` with all that is wrong, named after `source`."""
    rows = document.get("site") if isinstance(document, Mapping) else None
    if not isinstance(rows, list) or document.keys() != {"site"}:
        raise FleetInvalid(f"{source}: a fleet file is a list of [[site]] and nothing beside it")
    drafts: list[SiteDraft] = []
    problems: list[str] = []
    for number, row in enumerate(rows, start=1):
        try:
            draft = SiteDraft.model_validate(as_draft(row))
        except ValidationError as error:
            problems += [f"{name_of(row, number)}: {describe(problem)}" for problem in error.errors()]
            continue
        if draft.code in {earlier.code for earlier in drafts}:
            problems.append(f"{name_of(row, number)}: code: there is another site with this code in the file")
        drafts.append(draft)
    if problems:
        raise FleetInvalid("\n  ".join([f"{source} is refused, nothing was changed:", *problems]))
    return drafts


def as_draft(row: Any) -> Any:
    """The row with its topics under the draft's name. What is not a table is left for the draft to refuse."""
    match row:
        case {"connection": {} as connection} if TOPICS not in connection:
            return {**row, "connection": {TOPICS if name == TOPIC else name: v for name, v in connection.items()}}
    return row


def name_of(row: Any, number: int) -> str:
    match row:
        case {"code": str(code)}:
            return f"site {code!r}"
    return f"site number {number}"


def describe(problem: Any) -> str:
    """Name the field as it stands in the file. The value is not shown: it may be a password."""
    path = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in problem["loc"])
    field = path.lstrip(".").replace(f".{TOPICS}", f".{TOPIC}")
    if problem["type"] == "extra_forbidden":
        return f"{field}: `{problem['loc'][-1]}` is not known here; {known_names(problem['loc'])}"
    reason = problem["msg"].removeprefix("Value error, ")
    return f"{field}: {reason}" if field else reason


def known_names(place: Sequence[Any]) -> str:
    """Say what there is where an unknown name stands."""
    match place:
        case ("connection", str(_), int(_), _):
            return f"a topic has {', '.join(TopicDraft.model_fields)}"
        case ("connection", _):
            names = (TOPIC if name == TOPICS else name for name in ConnectionDraft.model_fields)
            return f"a connection has {', '.join(names)}"
    return f"a site has {', '.join(SiteDraft.model_fields)}"


def fleet_document(configurations: list[SiteConfiguration]) -> dict[str, Any]:
    """The fleet as `parse_fleet` takes it back without a change; passwords, which are not said, stay as they are."""
    return {"site": [site_document(configuration) for configuration in configurations]}


def site_document(configuration: SiteConfiguration) -> dict[str, Any]:
    topics = [
        {"topic_pattern": topic.topic_pattern, "qos_level": topic.qos_level, "is_active": topic.is_active}
        for topic in configuration.topics
    ]
    return {
        **spoken(SiteDraft, configuration.site),
        "connection": {**spoken(ConnectionDraft, configuration.connection), **({TOPIC: topics} if topics else {})},
    }


def spoken(draft: type[SiteDraft | ConnectionDraft], record: Any) -> dict[str, Any]:
    """The fields of a record that a draft would not have by default."""
    return {
        name: getattr(record, name)
        for name, field in draft.model_fields.items()
        if hasattr(record, name) and (name in ALWAYS_WRITTEN or getattr(record, name) != field.default)
    }
