"""Telling a running Sitewarden that what people want has changed in the database."""

import typer

from ..config.settings import Settings
from .admin_client import NotRunning, SocketUnusable, ask


def nudge(settings: Settings) -> bool:
    """Let a running Sitewarden look at once; say whether one runs. Without it the change counts from its next start."""
    try:
        ask(settings.admin_socket, "reconcile")
    except NotRunning:
        return False
    except SocketUnusable as error:
        typer.echo(f"{error}; Sitewarden takes the change by itself within {settings.monitor.interval:g} s", err=True)
    return True
