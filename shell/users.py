"""`sitewarden user`: who may ask. Passwords come by standard input, so that no process list or history has them."""

import sys
from typing import Annotated, Literal

import typer

from ..config.settings import load
from ..store.records import UserRecord
from ..store.store import Store
from .find_site import find_site
from .open_store import open_existing_store, open_store
from .options import ConfigFile
from .refusal import Refusal

commands = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Add users, give them tokens and access to sites."
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The user's name.")]


@commands.command()
def add(
    name: Name,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input (its first line).")
    ] = False,
    superuser: Annotated[bool, typer.Option("--superuser", help="May see and do everything.")] = False,
    config: ConfigFile = None,
) -> None:
    """Add a user. There is no default password: it is read from standard input."""
    if not password_stdin:
        raise typer.BadParameter("give it, and the password on standard input", param_hint="--password-stdin")
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise Refusal("no password came on standard input")
    with open_store(load(config)) as store:
        user = store.add_user(name, password, superuser)
    typer.echo(f"added {'superuser' if superuser else 'user'} {user.name}")


@commands.command()
def token(name: Name, config: ConfigFile = None) -> None:
    """Print a new API token of a user. It is shown this once; the database keeps its hash."""
    with open_existing_store(load(config)) as store:
        typer.echo(store.issue_token(find_user(store, name).id))


@commands.command()
def grant(
    name: Name,
    site_code: Annotated[str, typer.Argument(metavar="SITE_CODE", help="The code of the site.")],
    role: Annotated[Literal["viewer", "operator"], typer.Argument(help="May look, or may also start and stop.")],
    config: ConfigFile = None,
) -> None:
    """Let a user see a site, as viewer or operator."""
    with open_existing_store(load(config)) as store:
        user = find_user(store, name)
        store.grant(user.id, find_site(store.configurations(), site_code).site.id, role)
    typer.echo(f"{name} is {role} of {site_code}")


def find_user(store: Store, name: str) -> UserRecord:
    user = store.user(name)
    if user is None:
        raise Refusal(f"there is no user {name!r}: add it with `sitewarden user add {name} --password-stdin`")
    return user
