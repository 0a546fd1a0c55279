"""The command line: which commands there are, and how each of them fails in words."""

from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from .lazy_command import LazyCommand
from .refusal import Exit, Refusal

COMMANDS = (
    LazyCommand("run", "run:run", "Supervise the sites in the foreground."),
    LazyCommand("demo", "demo:demo", "Show Sitewarden at work: a broker, three simulated sites, a live table."),
    LazyCommand("status", "status:status", "Say whether Sitewarden runs, and how its connections are doing."),
    LazyCommand("start", "supervise:start", "Connect a site, and keep it connected."),
    LazyCommand("stop", "supervise:stop", "Disconnect a site, and leave it so."),
    LazyCommand("restart", "supervise:restart", "Forget the failures of a site's connection, and dial now."),
    LazyCommand("diagnose", "diagnose:diagnose", "Look at a site's connection, and say how to mend what fails."),
    LazyCommand("migrate", "migrate:migrate", "Bring the tables of the database up to date."),
    LazyCommand("import", "import_fleet:import_fleet", "Create and change sites as a fleet file says."),
    LazyCommand("export", "export:export", "Print all sites as a fleet file."),
    LazyCommand("user", "users:commands", "Add users, give them tokens and access to sites."),
    LazyCommand("simulate", "simulate:simulate", "Publish simulated sites to an MQTT broker."),
)


class Commands(TyperGroup):
    """Turns what a user can cause into a sentence on stderr and exit code 1; only a fault of ours is a traceback."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        for command in COMMANDS:
            self.add_command(command)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort, typer.TyperException, BrokenPipeError):
            raise  # the parser's own; with the pipe whoever read our output has gone, `head` for one
        except expected_errors() as error:
            reason = str(error)
        except OSError as error:
            reason = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        typer.echo(f"sitewarden: {reason}", err=True)
        raise typer.Exit(Exit.FAILED)


def expected_errors() -> tuple[type[Exception], ...]:
    """What says in its message how to mend it. Called once something has failed: these imports take long."""
    from ..actors.errors import ActorsUnavailable
    from ..config.settings import SettingsInvalid
    from ..store.errors import StoreError
    from ..web.server import BindFailed

    return Refusal, SettingsInvalid, StoreError, ActorsUnavailable, BindFailed


def print_version(is_wanted: bool) -> None:
    if is_wanted:
        typer.echo(f"sitewarden {version('sitewarden')}")
        raise typer.Exit


commands = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    # Locals hold passwords.
    pretty_exceptions_show_locals=False,
    epilog="Exit codes: 0 done, 1 failed (stderr says why), 2 wrong usage, 3 not running (status only), 130 Ctrl-C.",
)


@commands.callback()
def sitewarden(
    show_version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version, and stop.")
    ] = False,
) -> None:
    """Supervises field sites over MQTT: one connection per site, live devices, a REST API."""
