"""`sitewarden simulate`: publish a fleet that is not there to a broker that is."""

import time
from random import Random
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from ..store.drafts import SiteCode
from .fleet_publisher import FleetPublisher, Tally
from .refusal import Exit
from .simulated_fleet import Cadence, Device, Rota, build_site
from .stop_signal import StopSignal, stop_signals
from .toml_text import to_toml

CONNECT_TIMEOUT_SECONDS = 10.0
# After the last message: acknowledgements that take longer are counted as missing.
DRAIN_SECONDS = 10.0


def simulate(
    broker: Annotated[str, typer.Option(metavar="HOST:PORT", help="Where to publish.")] = "127.0.0.1:1883",
    sites: Annotated[int, typer.Option(min=1, help="How many sites.")] = 1,
    dataloggers: Annotated[int, typer.Option(min=1, help="Dataloggers of each site.")] = 2,
    sensors: Annotated[int, typer.Option(min=1, help="Sensors of each datalogger.")] = 5,
    interval: Annotated[float, typer.Option(min=0.001, help="Seconds between a datalogger's heartbeats.")] = 30.0,
    gateway_interval: Annotated[float, typer.Option(min=0.001, help="Seconds between a gateway's heartbeats.")] = 60.0,
    duration: Annotated[float | None, typer.Option(min=0, help="Seconds to publish; until Ctrl-C without it.")] = None,
    prefix: Annotated[str, typer.Option(help="What the site codes begin with: sito_ gives sito_001 ...")] = "sito_",
    seed: Annotated[int, typer.Option(help="Another seed gives another fleet.")] = 1,
    print_fleet: Annotated[
        bool, typer.Option("--print-fleet", help="Print the fleet file that `import` takes for these sites, and stop.")
    ] = False,
) -> None:
    """Publish simulated sites to an MQTT broker: gateway and datalogger heartbeats, QoS 1.

    The values are those of structures at rest: gravity on z with mg noise, a tilt of tenths of a degree that follows
    the day's temperature. Ends with a count of what was published and what the broker acknowledged.
    """
    host, port = parse_broker(broker)
    codes = [f"{prefix}{number:03d}" for number in range(1, sites + 1)]
    check_code(codes[-1])  # as long as any of them
    if print_fleet:
        typer.echo(to_toml(fleet_of(codes, host, port, interval)), nl=False)
        return
    cadence = Cadence(interval, gateway_interval)
    now = time.time()
    devices = [
        device
        for number, code in enumerate(codes, start=1)
        for device in build_site(code, number, dataloggers, sensors, cadence, Random(f"{seed}/{code}"), now)
    ]
    publisher = FleetPublisher(host, port, lambda is_there: typer.echo(link_news(broker, is_there), err=True))
    publisher.open(CONNECT_TIMEOUT_SECONDS)
    try:
        with stop_signals() as stop:
            typer.echo(f"{sites} sites, {len(devices)} devices publish to {broker}", err=True)
            publish(devices, publisher, stop, duration, Random(seed))
            if publisher.tally.open:
                typer.echo(f"waiting for acknowledgements: {publisher.tally.open} open", err=True)
            publisher.drain(DRAIN_SECONDS)
    finally:
        publisher.close()
    report(publisher.tally)


def parse_broker(address: str) -> tuple[str, int]:
    """Split HOST:PORT; an IPv6 host stands in brackets."""
    host, colon, port = address.rpartition(":")
    if not (colon and host and port.isascii() and port.isdigit()):
        raise typer.BadParameter(f"{address!r}: write HOST:PORT, such as 127.0.0.1:1883", param_hint="--broker")
    return host.strip("[]"), int(port)


def check_code(code: str) -> None:
    """Refuse what `import` would refuse: nobody could supervise such a site."""
    try:
        TypeAdapter(SiteCode).validate_python(code)
    except ValidationError as error:
        (problem,) = error.errors()
        raise typer.BadParameter(f"the site code {code!r}: {problem['msg']}", param_hint="--prefix") from error


def link_news(broker: str, is_there: bool) -> str:
    return f"the broker at {broker} is back" if is_there else f"the broker at {broker} has gone: waiting for it"


def publish(
    devices: list[Device], publisher: FleetPublisher, stop: StopSignal, duration: float | None, random: Random
) -> None:
    """Let every device publish at its turn, until `stop` or for `duration` seconds."""
    start = time.monotonic()
    epoch = time.time() - start
    rota = Rota(devices, start)
    end = start + duration if duration is not None else None
    while end is None or rota.next < end:
        if stop.wait(max(0.0, rota.next - time.monotonic())):
            return
        now = time.monotonic()
        for at, device in rota.due(now if end is None else min(now, end)):
            publisher.publish(device.publish(epoch + at, lambda deviation: random.gauss(0, deviation)))


def fleet_of(codes: list[str], host: str, port: int, interval: float) -> dict[str, object]:
    """The sites as a fleet file has them."""
    return {
        "site": [
            {
                "code": code,
                "name": f"Simulated {code}",
                "customer": "Simulation",
                "connection": {"broker_host": host, "broker_port": port, "heartbeat_interval": interval},
            }
            for code in codes
        ]
    }


def report(tally: Tally) -> None:
    typer.echo(f"published {tally.published}, acknowledged {tally.acknowledged}")
    if tally.refused:
        typer.echo(f"{tally.refused} were not even sent: the broker was away for too long", err=True)
    if tally.refused or tally.open:
        raise typer.Exit(Exit.FAILED)
