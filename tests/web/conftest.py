"""The installation that the tests of the web tier ask."""

from collections.abc import Iterator

import pytest
from servers.mosquitto import Mosquitto
from servers.process import wait_until

from .installation import DEADLINE, GATEWAY_HEARTBEAT, Installation, heartbeat, installed


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory, mosquitto: Mosquitto) -> Iterator[Installation]:
    """An installation with a gateway, two dataloggers and three sensors at `north`, all known to the database."""
    with installed(tmp_path_factory.mktemp("web"), mosquitto) as installation:
        assert wait_until(lambda: installation.status("north")["status"] == "connected", DEADLINE)
        prefix = installation.codes["north"]
        installation.publish(f"{prefix}/gateway/heartbeat", GATEWAY_HEARTBEAT)
        installation.publish(f"{prefix}/datalogger/monstro/1/heartbeat", heartbeat(prefix, "MNA00542", "MOM00002"))
        installation.publish(f"{prefix}/datalogger/adaq/1/heartbeat", heartbeat(prefix, "MAS8AT00"))
        assert wait_until(lambda: installation.get("monitoring/sensors/")["count"] == 3, DEADLINE)
        yield installation
