from collections.abc import Callable
from datetime import UTC

import pytest
from sitewarden.actors.parsing.datalogger_heartbeat import PARSER as DATALOGGER
from sitewarden.actors.parsing.document import Limits
from sitewarden.actors.parsing.gateway_heartbeat import PARSER as GATEWAY
from sitewarden.actors.parsing.intake import read
from sitewarden.actors.parsing.observations import Observation
from sitewarden.actors.parsing.parser import Context
from sitewarden.actors.parsing.registry import Registry, Route


@pytest.fixture(scope="session")
def registry() -> Registry:
    return Registry([DATALOGGER, GATEWAY])


@pytest.fixture(scope="session")
def read_on(registry: Registry) -> Callable[[str, bytes], Observation]:
    """Read the one observation of a message on a topic below the prefix of the site `sito_001`."""

    def read_one(topic: str, payload: bytes) -> Observation:
        route = registry.route(topic)
        assert isinstance(route, Route)
        (observation,) = read(route, payload, Context(UTC, 1760450236.0, "sito_001"), Limits())
        return observation

    return read_one
