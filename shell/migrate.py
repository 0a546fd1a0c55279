"""`sitewarden migrate`: bring the database up to date without starting anything."""

import typer

from ..config.settings import load
from .open_store import connect_store
from .options import ConfigFile


def migrate(config: ConfigFile = None) -> None:
    """Bring the tables of the database up to date. `run` does the same at its start."""
    with connect_store(load(config)) as store:
        applied = store.migrate()
    for name in applied:
        typer.echo(f"applied {name}")
    if not applied:
        typer.echo("the database is up to date")
