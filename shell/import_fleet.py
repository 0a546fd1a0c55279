"""`sitewarden import`: take sites from a fleet file, showing first what would change."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from ..config.settings import load
from ..store.drafts import SiteDraft
from ..store.errors import SecretUnreadable
from ..store.fleet import check_neighbours
from ..store.records import SiteConfiguration
from ..store.secrets import Secrets
from .fleet_diff import SiteChange, configured, diff_fleet
from .fleet_file import read_fleet
from .nudge import nudge
from .open_store import open_store
from .options import ConfigFile


def import_fleet(
    file: Annotated[Path, typer.Argument(metavar="FILE.toml|FILE.json", help="The fleet file.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")] = False,
    config: ConfigFile = None,
) -> None:
    """Create and change sites as a fleet file says, all or none of them.

    What the file does not say of a site becomes the default, but for the password. Sites that are not in the file
    are left alone. A running Sitewarden takes the change at once.
    """
    settings = load(config)
    drafts = [draft.with_defaults(settings.mqtt) for draft in read_fleet(file)]
    with open_store(settings) as store:
        stored = store.configurations()
        check_neighbours(after_import(stored, drafts))
        changes = diff_fleet(stored, drafts, lambda sealed: open_password(store.secrets, sealed))
        for line in describe(changes, dry_run):
            typer.echo(line)
        if dry_run or not any(change.is_change for change in changes):
            return
        store.save_fleet(drafts, settings.mqtt)
    typer.echo("imported")
    nudge(settings)


def after_import(stored: Sequence[SiteConfiguration], drafts: Sequence[SiteDraft]) -> list[SiteConfiguration]:
    """All sites as they would be, so that a dry run refuses what the import would refuse."""
    named = {draft.code for draft in drafts}
    return [*(c for c in stored if c.site.code not in named), *(configured(draft) for draft in drafts)]


def open_password(secrets: Secrets, sealed: str) -> str | None:
    try:
        return secrets.open(sealed)
    except SecretUnreadable:
        return None  # sealed with a key that is lost: whatever the file says is a change


def describe(changes: Sequence[SiteChange], dry_run: bool) -> list[str]:
    """The diff, a line a site and a line a field; last, a line with the counts."""
    would_be = "would be " if dry_run else ""
    lines = []
    for change in changes:
        done = "created" if change.is_new else "changed"
        what = f"{would_be}{done}" if change.is_change else "unchanged"
        lines.append(f"{change.code}: {what}")
        lines += [f"  {field}" for field in change.fields if not change.is_new]
    created = sum(change.is_new for change in changes)
    changed = sum(change.is_change for change in changes) - created
    unchanged = len(changes) - created - changed
    lines.append(f"{created} {would_be}created, {changed} {would_be}changed, {unchanged} unchanged")
    return lines
