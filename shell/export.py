"""`sitewarden export`: the sites as a fleet file."""

import json
from typing import Annotated, Literal

import typer

from ..config.settings import load
from .fleet_file import fleet_document
from .open_store import open_existing_store
from .options import ConfigFile
from .toml_text import to_toml


def export(
    form: Annotated[Literal["toml", "json"], typer.Option("--format", help="How to write the file.")] = "toml",
    config: ConfigFile = None,
) -> None:
    """Print all sites as a fleet file that `import` takes back without a change. Passwords are not in it."""
    with open_existing_store(load(config)) as store:
        document = fleet_document(store.configurations())
    text = to_toml(document) if form == "toml" else json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    typer.echo(text, nl=False)
