"""A command whose module is imported when it is called: `--help` and `status` wait for no database driver."""

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand


class LazyCommand(TyperCommand):
    """A command as the list of commands shows it. `source` is `module:name` of a function or a `Typer` of ours."""

    def __init__(self, name: str, source: str, short_help: str) -> None:
        super().__init__(name, short_help=short_help)
        self.source = source

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Let the real command take over: from here on the parser has only that one."""
        return self.load().make_context(info_name, args, parent, **extra)

    def load(self) -> Any:
        """Import the real command."""
        module, name = self.source.split(":")
        command = getattr(import_module(f".{module}", __package__), name)
        if not isinstance(command, typer.Typer):
            parser = typer.Typer(add_completion=False)
            parser.command(self.name)(command)
            command = parser
        return typer.main.get_command(command)
