"""`sitewarden demo`: everything at once and nothing to install; gone without a trace when it ends."""

import secrets
import socket
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Annotated, Any

import typer
from rich.console import Console

from ..actors.messages import ListDevices, ListSites
from ..actors.runtime import Runtime
from ..config.logging import configure
from ..config.settings import Settings, load
from ..store.records import Kind
from .data_directory import make_data_directory
from .demo_broker import HOST, DemoBroker
from .demo_screen import Screen
from .demo_sites import SEED, SITES, demo_devices, demo_fleet, is_silent
from .demo_trends import Snapshot
from .fleet_file import parse_fleet
from .fleet_publisher import FleetPublisher
from .installation import Installation
from .open_store import open_store
from .refusal import Refusal
from .simulated_fleet import Rota
from .stop_signal import StopSignal, stop_signals

USER = "demo"
PASSWORD_BYTES = 12
CONNECT_TIMEOUT_SECONDS = 10.0
ASK_TIMEOUT_SECONDS = 5.0
# Nobody wants to lose much of a demo that is looked at through the database.
PERSIST_SECONDS = 1.0


def demo(
    data_dir: Annotated[
        Path | None,
        typer.Option("--data-dir", metavar="DIR", help="Keep the demo's database and logs there."),
    ] = None,
) -> None:
    """Show Sitewarden at work: a broker, three simulated sites, the API and a live table, until Ctrl-C.

    Needs no service. Everything lives in a temporary directory unless --data-dir says where. HTTP_BIND is where
    the API and the page listen; if that port is taken, a free one is chosen.
    """
    console = Console()
    with stop_signals() as stop, ExitStack() as parts:
        directory = data_dir or Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="sitewarden-demo-")))
        settings = demo_settings(directory, choose_bind(load().http.bind, console))
        make_data_directory(directory)
        parts.enter_context(configure(settings, console=False))
        console.print("Starting the MQTT broker ...")
        broker = parts.enter_context(DemoBroker())
        console.print("Preparing the database ...")
        token = prepare(settings, broker.port)
        console.print("Starting Sitewarden ...")
        publisher = FleetPublisher(HOST, broker.port)
        publisher.open(CONNECT_TIMEOUT_SECONDS)
        parts.callback(publisher.close)
        installation = parts.enter_context(Installation(settings))
        welcome(console, installation.url, token)
        show(console, installation, publisher, stop)
        console.print("Stopping ...")


def demo_settings(data_dir: Path, bind: str) -> Settings:
    """The same everywhere: nothing of what the environment says of a real installation is touched, above all its
    database."""
    sections = {name: field.default.model_dump() for name, field in Settings.model_fields.items()}
    sections["sitewarden"]["data_dir"] = data_dir
    sections["http"]["bind"] = bind
    sections["persist"]["interval"] = PERSIST_SECONDS
    return load(**sections)


def choose_bind(bind: str, console: Console) -> str:
    """`bind` if one can listen there, else a free port of the same host."""
    host, _, port = bind.rpartition(":")
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host.strip("[]"), int(port)))
        except OSError as error:
            console.print(f"Cannot listen at {bind} ({error.strerror}): choosing a free port.", highlight=False)
            return f"{host}:0"
    return bind


def prepare(settings: Settings, broker_port: int) -> str:
    """Put the sites and a superuser into the database; give a token of theirs."""
    with open_store(settings) as store:
        strangers = {c.site.code for c in store.configurations()} - {site.code for site in SITES}
        if strangers:
            raise Refusal(
                f"{settings.data_dir} belongs to an installation with sites of its own"
                f" ({', '.join(sorted(strangers))}): give the demo another --data-dir"
            )
        store.save_fleet(parse_fleet(demo_fleet(HOST, broker_port), "the demo"))
        # In a data directory that is kept the superuser is there from the last time. Nobody is told the password, for
        # nothing asks for one.
        user = store.user(USER) or store.add_user(USER, secrets.token_urlsafe(PASSWORD_BYTES), is_superuser=True)
        return store.issue_token(user.id)


def welcome(console: Console, url: str, token: str) -> None:
    """Say where to look. The token is shown this once."""
    typer.echo(f"\nPage  {url}/#token={token}")
    typer.echo(f"API   curl -H 'Authorization: Bearer {token}' {url}/api/v1/sites/\n")
    console.print("A day takes five minutes here. Ctrl-C ends it.\n", style="dim")


def show(console: Console, installation: Installation, publisher: FleetPublisher, stop: StopSignal) -> None:
    """Let the devices publish and draw what Sitewarden makes of it, until `stop`."""
    start = time.monotonic()
    epoch = time.time() - start
    random = Random(SEED)
    rota = Rota(demo_devices(epoch + start), start)
    screen = Screen(console)
    look_at = start
    with screen:
        while not stop.wait(max(0.0, min(rota.next, look_at) - time.monotonic())):
            now = time.monotonic()
            for at, device in rota.due(now):
                if not is_silent(device, at - start):
                    publisher.publish(device.publish(epoch + at, lambda deviation: random.gauss(0, deviation)))
            if now >= look_at:
                screen.draw(take_snapshot(installation.runtime))
                look_at = now + screen.seconds


def take_snapshot(runtime: Runtime) -> Snapshot:
    def ask(question: object) -> Any:
        return runtime.ask(question, ASK_TIMEOUT_SECONDS)

    def devices(kind: Kind) -> tuple[Any, ...]:
        return tuple(device for device in ask(ListDevices(kind)) if not device.is_deleted)

    return Snapshot(
        at=time.time(),
        sites=ask(ListSites()),
        gateways=devices(Kind.GATEWAY),
        dataloggers=devices(Kind.DATALOGGER),
        sensors=devices(Kind.SENSOR),
    )
