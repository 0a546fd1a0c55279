"""The installations of the tests of the tree."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from servers.mosquitto import Mosquitto

from .field import Field


@pytest.fixture
def make_field(tmp_path: Path, mosquitto: Mosquitto) -> Iterator[Callable[..., Field]]:
    """Make an installation that is not started yet: `make_field(mqtt={...})`, on the shared broker or `broker=`."""
    with ExitStack() as fields:

        def make(broker: Mosquitto = mosquitto, name: str = "", **options: Any) -> Field:
            directory = tmp_path / f"{tmp_path.name}{name}"
            directory.mkdir()
            return fields.enter_context(closing(Field(directory, broker, **options)))

        yield make


@pytest.fixture
def field(make_field: Callable[..., Field]) -> Field:
    """An installation without sites that is not started yet."""
    return make_field()


@pytest.fixture
def north(field: Field) -> Field:
    """An installation with one site, `north`, that is connected."""
    field.save("north")
    field.connect("north")
    return field
