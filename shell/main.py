"""The command line: which commands there are, and how each of them fails in words."""

from typing import Any

import typer
from typer.core import TyperGroup

from ..actors.runtime import ActorsUnavailable
from ..config.settings import SettingsInvalid
from ..store.errors import StoreError
from ..web.server import BindFailed
from . import users
from .demo import demo
from .export import export
from .import_fleet import import_fleet
from .migrate import migrate
from .refusal import Exit, Refusal
from .run import run
from .simulate import simulate
from .status import status


class Commands(TyperGroup):
    """Turns what a user can cause into a sentence on stderr and exit code 1; only a fault of ours is a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (Refusal, SettingsInvalid, StoreError, ActorsUnavailable, BindFailed) as error:
            reason = str(error)
        except BrokenPipeError:
            raise  # whoever read our output has gone, `head` for one: the parser ends that quietly
        except OSError as error:
            reason = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        typer.echo(f"sitewarden: {reason}", err=True)
        raise typer.Exit(Exit.FAILED)


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    # Locals hold passwords.
    pretty_exceptions_show_locals=False,
    help="Supervises field sites over MQTT: one connection per site, live devices, a REST API.",
    epilog="Exit codes: 0 done, 1 failed (stderr says why), 2 wrong usage, 3 not running (status only).",
)
app.command()(run)
app.command()(demo)
app.command()(status)
app.command()(migrate)
app.command("import")(import_fleet)
app.command()(export)
app.add_typer(users.commands, name="user")
app.command()(simulate)

if __name__ == "__main__":
    app()
