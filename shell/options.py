"""The option that most commands share."""

from pathlib import Path
from typing import Annotated

import typer

ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE.toml", help="A settings file; the environment and .env win over it."),
]
