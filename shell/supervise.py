"""`sitewarden start`, `stop` and `restart`: what is wanted of a site's connection (row B11)."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from ..config.settings import Settings, load
from ..store.records import Status
from .admin_client import NotRunning, ask
from .find_site import find_site
from .nudge import nudge
from .open_store import open_existing_store
from .options import ConfigFile
from .refusal import Refusal
from .status import not_running, parked_hint, site_status, what_is_up

SiteCode = Annotated[str, typer.Argument(metavar="CODE", help="The code of the site.")]


def start(code: SiteCode, config: ConfigFile = None) -> None:
    """Connect a site, and keep it connected: at once if Sitewarden runs, else from its next start."""
    want(load(config), code, is_active=True)


def stop(code: SiteCode, config: ConfigFile = None) -> None:
    """Disconnect a site, and leave it so, also after the next start of Sitewarden."""
    want(load(config), code, is_active=False)


def restart(code: SiteCode, config: ConfigFile = None) -> None:
    """Forget the past failures of a site's connection and dial now. Sitewarden must run."""
    settings = load(config)
    try:
        before = ask(settings.admin_socket, "restart", site=code)
    except NotRunning as error:
        raise Refusal(f"{not_running(settings)}; `sitewarden run` dials what is to be connected") from error
    is_waiting = before["status"] == Status.QUEUED
    typer.echo(f"{code}: " + (f"waits for its turn: {before['reason']}" if is_waiting else "is being dialled"))


def want(settings: Settings, code: str, is_active: bool) -> None:
    """Write down what is wanted, let a running Sitewarden know, and say what is so now."""
    with open_existing_store(settings) as store:
        site = find_site(store.configurations(), code).site
        if is_active and not site.is_active:
            raise Refusal(f"the site {code} is not active: import it with `is_active = true` before it is started")
        is_new = store.set_connection_active(site.id, is_active)
    # Even if nothing is new: whoever asks a second time has seen nothing happen.
    if not nudge(settings):
        outcome = "is connected once Sitewarden runs" if is_active else "stays disconnected when Sitewarden runs"
    elif is_new:
        outcome = "is being connected" if is_active else "is being disconnected"
    else:
        outcome = how_it_is(settings, code) if is_active else "is stopped already"
    typer.echo(f"{code}: {outcome}")


def how_it_is(settings: Settings, code: str) -> str:
    """Say what has become of a connection that was wanted before."""
    now = site_status(settings, code)
    match now:
        case {"status": Status.CONNECTED}:
            return "is connected already"
        case {"status": Status.PARKED}:
            return f"is {parked_hint(code)}"
        case {"status": status}:
            return f"is started already: {status}, {what_is_up(now, datetime.now(UTC))}"
    return "is started already"
