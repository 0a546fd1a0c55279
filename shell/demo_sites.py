"""The three sites of the demo, and who of them falls silent now and then."""

from random import Random
from typing import Any, NamedTuple

from .simulated_fleet import Cadence, Datalogger, Device, build_site

# Quick, so that something moves while one looks: a heartbeat each five seconds, a day in five minutes.
CADENCE = Cadence(dataloggers=5.0, gateways=5.0, day_seconds=300.0)

SEED = 7


class DemoSite(NamedTuple):
    """A site of the demo, in the field's words."""

    code: str
    name: str
    customer: str
    latitude: float
    longitude: float
    dataloggers: int
    sensors: int  # of each datalogger


SITES = (
    DemoSite("sito_001", "Ponte Nord", "Strade del Nord", 45.07, 7.69, 3, 6),
    DemoSite("sito_002", "Diga di Valfredda", "Consorzio Idrico", 46.25, 10.51, 2, 5),
    DemoSite("sito_003", "Laboratorio Prove", "Politecnico", 44.50, 11.33, 1, 4),
)

# The dam's second datalogger: long enough to be found offline (three intervals) and to be seen so for a while, and
# early enough that one who only glances at the demo meets it.
SILENT = ("sito_002", 2)
SILENCE_CYCLE_SECONDS = 100.0
SILENCE_BEGINS_SECONDS = 35.0
SILENCE_SECONDS = 35.0


def demo_devices(started_at: float) -> list[Device]:
    """All gateways and dataloggers, with their instruments."""
    return [
        device
        for number, site in enumerate(SITES, start=1)
        for device in build_site(
            site.code, number, site.dataloggers, site.sensors, CADENCE, Random(f"{SEED}/{site.code}"), started_at
        )
    ]


def is_silent(device: Device, elapsed: float) -> bool:
    """Whether a device keeps quiet, `elapsed` seconds after the demo's start."""
    if not isinstance(device, Datalogger) or (device.site, device.instance) != SILENT:
        return False
    return 0 <= elapsed % SILENCE_CYCLE_SECONDS - SILENCE_BEGINS_SECONDS < SILENCE_SECONDS


def demo_fleet(broker_host: str, broker_port: int) -> dict[str, Any]:
    """The sites as a fleet file has them."""
    return {
        "site": [
            {
                "code": site.code,
                "name": site.name,
                "customer": site.customer,
                "latitude": site.latitude,
                "longitude": site.longitude,
                "connection": {
                    "broker_host": broker_host,
                    "broker_port": broker_port,
                    "heartbeat_interval": CADENCE.gateways,
                },
            }
            for site in SITES
        ]
    }
