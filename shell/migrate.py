"""`sitewarden migrate`: bring the database up to date without starting anything."""

import typer

from ..config.settings import load
from .open_store import connect_store, migrate_store
from .options import ConfigFile


def migrate(config: ConfigFile = None) -> None:
    """Bring the tables of the database up to date. `run` does the same at its start."""
    settings = load(config)
    with connect_store(settings) as store:
        applied = migrate_store(settings, store)
    for name in applied:
        typer.echo(f"applied {name}")
    if not applied:
        typer.echo("the database is up to date")
