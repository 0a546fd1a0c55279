"""A parser from outside, as anybody may install one, whose messages fail whoever takes them."""

import json
import os
import shutil
from collections.abc import MutableMapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel
from sitewarden.actors.parsing.observations import (
    DataloggerObservation,
    GatewayObservation,
    Observation,
    SensorObservation,
)
from sitewarden.actors.parsing.parser import Context, Parser, Segments
from sitewarden.shell.simulated_fleet import Publication

# What a wheel leaves in the directory where it is installed, as far as an entry point needs it.
INSTALLED = {
    "METADATA": "Metadata-Version: 2.1\nName: poison_parser\nVersion: 1.0\n",
    "entry_points.txt": "[sitewarden.parsers]\npoison = poison_parser:PARSER\n",
}


class Explosive(float):
    """A number that passes every check and fails whoever counts with it."""

    def __sub__(self, other: float) -> float:
        raise ArithmeticError("boom")


class Unhashable(str):
    """A slot that passes every check and fails whoever looks it up."""

    def __hash__(self) -> int:
        raise ArithmeticError("boom")


class Poison(BaseModel):
    """Who is to fail, and a number that tells one message from another."""

    fails: Literal["value", "recursion", "memory", "gateway", "datalogger", "sensor", "site"]
    number: int


def observe(poison: Poison, _segments: Segments, _context: Context) -> tuple[Observation, ...]:
    match poison.fails:
        case "value":
            raise ValueError("the parser gave up")
        case "recursion":
            return observe(poison, _segments, _context)
        case "memory":
            raise MemoryError("the parser wanted too much")
        case "gateway":
            return (GatewayObservation("gateway/1", device_time=Explosive(1)),)
        case "datalogger":
            return (DataloggerObservation("monstro/1", device_time=Explosive(1)),)
        case "sensor":
            reading = SensorObservation("MNA0011", Explosive(1), {"acc02": 1.0})
            return (DataloggerObservation("monstro/1", sensors=(reading,)),)
        case "site":
            return (DataloggerObservation(Unhashable("monstro/1")),)


PARSER = Parser(name="poison", patterns=("poison",), model=Poison, observe=observe)


def install(directory: Path, environment: MutableMapping[str, str]) -> None:
    """Install this parser in a directory of its own, for the processes that get this environment."""
    information = directory / "poison_parser-1.0.dist-info"
    information.mkdir(parents=True)
    for name, text in INSTALLED.items():
        (information / name).write_text(text)
    shutil.copy(__file__, directory)
    places = (str(directory), environment.get("PYTHONPATH"))
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, places))


def poison(site: str, fails: str, number: int = 0) -> Publication:
    return Publication(f"{site}/poison", json.dumps({"fails": fails, "number": number}).encode())
