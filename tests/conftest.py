"""Private servers for the tests. Each starts when the first test asks for it; none is shared with the machine."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack

import pytest
from servers.mariadb import Mariadb
from servers.mosquitto import Mosquitto
from servers.postgresql import Postgresql


@pytest.fixture(scope="session")
def mosquitto() -> Iterator[Mosquitto]:
    """A broker that all tests share: leave it running, and use topics of your own."""
    with Mosquitto() as broker:
        yield broker


@pytest.fixture
def private_mosquitto() -> Iterator[Callable[..., Mosquitto]]:
    """Make brokers of a test's own, running, to stop and kill: `private_mosquitto(config=(), is_persistent=False)`."""
    with ExitStack() as brokers:

        def make(config: Sequence[str] = (), is_persistent: bool = False) -> Mosquitto:
            return brokers.enter_context(Mosquitto(config, is_persistent))

        yield make


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgresql]:
    """A PostgreSQL that all tests share, each with a database of its own."""
    with Postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Mariadb]:
    """A MariaDB that all tests share, each with a database of its own."""
    with Mariadb() as server:
        yield server
