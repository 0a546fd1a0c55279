"""`sitewarden status`: whether it runs, and how its connections are doing."""

import json
import os
import shutil
import textwrap
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from ..actors.messages import SiteReport
from ..config.settings import Settings, load
from ..store.records import Status
from .admin_client import NotRunning, SocketUnusable, ask
from .options import ConfigFile
from .refusal import Exit

HANGING_INDENT = " " * 6  # of what does not fit the line that it belongs to


def status(
    config: ConfigFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead.")] = False,
) -> None:
    """Say whether Sitewarden runs, how many connections it has, and how many of them are in each state.

    Exits with 3 when it does not run.
    """
    settings = load(config)
    try:
        report = ask(settings.admin_socket, "status")
    except NotRunning:
        typer.echo(json.dumps({"running": False}) if as_json else not_running(settings))
        raise typer.Exit(Exit.NOT_RUNNING) from None
    width = shutil.get_terminal_size().columns
    typer.echo(json.dumps(report) if as_json else in_words(report, datetime.now(UTC), width))


def not_running(settings: Settings) -> str:
    """Say where we looked: most often it runs, and with another setting."""
    setting = "ADMIN_SOCKET" if settings.admin.socket else "SITEWARDEN_DATA_DIR"
    return f"Sitewarden is not running: nothing listens at {settings.admin_socket.absolute()} (set by {setting})"


def site_status(settings: Settings, code: str) -> dict[str, Any]:
    """How a site is doing, as in the report; empty if no running Sitewarden says so."""
    try:
        sites = ask(settings.admin_socket, "status")["sites"]
    except (NotRunning, SocketUnusable):
        return {}
    return next((site for site in sites if site["code"] == code), {})


def parked_hint(code: str) -> str:
    """What is so with a parked site, and what to do."""
    return f"parked since its last failure: `sitewarden restart {code}` dials it now"


def status_report(sites: Sequence[SiteReport], started_at: float) -> dict[str, Any]:
    """What the admin socket answers to `status`: every state is counted, also where the count is 0."""
    counts = Counter(site.state.status for site in sites)
    return {
        "running": True,
        "pid": os.getpid(),
        "started_at": in_iso(started_at),
        "connections": {"total": len(sites), "by_status": {state.value: counts[state] for state in Status}},
        "sites": [
            {
                "code": report.configuration.site.code,
                "name": report.configuration.site.name,
                "is_active": report.configuration.connection.is_active,
                "status": report.state.status.value,
                "reason": report.state.reason,
                "retry_count": report.state.retry_count,
                "next_retry": in_iso(report.state.next_retry_at),
            }
            for report in sites
        ],
    }


def in_iso(epoch: float | None) -> str | None:
    """Epoch seconds as ISO 8601 in UTC, to the second."""
    return None if epoch is None else datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def in_words(report: dict[str, Any], now: datetime, width: int) -> str:
    """The report for a person: the process, each state met, each site. Sites are folded to `width` columns."""
    connections = report["connections"]
    lines = [
        f"Sitewarden is running (process {report['pid']}, since {report['started_at']})",
        f"connections: {connections['total']}",
        *(f"  {state}: {count}" for state, count in connections["by_status"].items() if count),
    ]
    if report["sites"]:
        longest = max(len(site["code"]) for site in report["sites"])
        lines.append("sites:")
        lines += [
            folded(f"  {site['code']:<{longest}}  {site['status']:<12}  {what_is_up(site, now)}", width)
            for site in sorted(report["sites"], key=lambda site: str(site["code"]))
        ]
    return "\n".join(lines)


def folded(line: str, width: int) -> str:
    """The line, broken between words where it would be longer than `width`."""
    # A name of a host or a file stays whole: it is there to be copied.
    rows = textwrap.wrap(line, width, subsequent_indent=HANGING_INDENT, break_long_words=False, break_on_hyphens=False)
    return "\n".join(rows)


def what_is_up(site: dict[str, Any], now: datetime) -> str:
    """Why the site's connection is as it is, and how long it waits; nothing to tell but the name if it is well."""
    parts = [site["reason"]] if site["reason"] else []
    if site["next_retry"]:
        seconds = (datetime.fromisoformat(site["next_retry"]) - now).total_seconds()
        what = "probe" if site["status"] == Status.PARKED else "retry"
        parts.append(f"{what} in {max(0, round(seconds))} s")
    return "; ".join(parts) or str(site["name"])
