"""A database that takes nothing for a while: what comes is shown, survives a kill, and is written later (F4, C10)."""

import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager

import psutil
import pytest
from servers.mosquitto import Mosquitto
from servers.postgresql import Postgresql
from sitewarden.shell.simulated_fleet import Publication

from .field import heartbeat, publish
from .product import SENSORS, Product

SITE = "ponte"
INSTANCES = 3
BEFORE, WHILE, AFTER = 40, 300, 30

Trouble = Callable[[Product], AbstractContextManager[None]]


def messages(first: int, count: int) -> list[Publication]:
    return [heartbeat(SITE, 1 + number % INSTANCES, number) for number in range(first, first + count)]


def stored(product: Product) -> int:
    """How many heartbeats the database has."""
    return sum(datalogger.total_heartbeats for datalogger in product.memory(SITE).dataloggers)


@contextmanager
def locked(product: Product) -> Iterator[None]:
    """Have somebody else hold the database's lock: a backup, or a person with a query."""
    with closing(sqlite3.connect(product.database_file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def full(product: Product) -> Iterator[None]:
    """Let the newest process write to no file at all, its logs included: a disk that is full, and only for it."""
    process = product.running[-1]
    _, most = psutil.Process(process.pid).rlimit(resource.RLIMIT_FSIZE)
    psutil.Process(process.pid).rlimit(resource.RLIMIT_FSIZE, (0, most))
    yield
    if process.poll() is None:
        psutil.Process(process.pid).rlimit(resource.RLIMIT_FSIZE, (most, most))


@pytest.mark.parametrize("is_killed", [False, True], ids=["lived through", "killed meanwhile"])
@pytest.mark.parametrize("trouble", [locked, full])
def test_while_the_file_takes_nothing_the_field_goes_on_and_nothing_is_lost_or_doubled(
    product: Product, broker: Mosquitto, trouble: Trouble, is_killed: bool
) -> None:
    product.install(broker, [SITE])
    process = product.run_connected()
    publish(broker, messages(0, BEFORE))
    product.wait_for(lambda: stored(product) == BEFORE)
    with trouble(product):
        publish(broker, messages(BEFORE, WHILE))
        product.wait_for(lambda: product.has_counted(SITE, BEFORE + WHILE))
        product.wait_for(lambda: product.health() == "degraded")
        assert product.is_connected()
        assert product.site_status(SITE)["connection_errors"] == 0
        if is_killed:
            product.kill(process)
    if is_killed:
        process = product.run_connected()
    publish(broker, messages(BEFORE + WHILE, AFTER))
    product.wait_for(lambda: product.has_counted(SITE, BEFORE + WHILE + AFTER))
    product.wait_for(lambda: product.health() == "ok")
    product.wait_for(lambda: stored(product) == BEFORE + WHILE + AFTER)

    readings = {sensor["total_readings"] for sensor in product.devices(SENSORS, SITE).values()}
    assert readings <= {(BEFORE + WHILE + AFTER) // INSTANCES, (BEFORE + WHILE + AFTER) // INSTANCES + 1}
    assert product.rows(product.of_site(SITE, "gaps/")) == []
    assert product.stop(process) == 0
    assert stored(product) == BEFORE + WHILE + AFTER
    with closing(sqlite3.connect(product.database_file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.fixture
def own_postgresql() -> Iterator[Postgresql]:
    """A server to freeze and to kill."""
    with Postgresql() as server:
        yield server


def test_a_server_that_stands_still_and_one_that_dies_cost_nothing_but_time(
    product: Product, broker: Mosquitto, own_postgresql: Postgresql
) -> None:
    product.environment["DATABASE_URL"] = own_postgresql.url(own_postgresql.create_database())
    product.install(broker, [SITE])
    process = product.run_connected()
    publish(broker, messages(0, BEFORE))
    product.wait_for(lambda: stored(product) == BEFORE)

    own_postgresql.freeze()
    publish(broker, messages(BEFORE, WHILE))
    product.wait_for(lambda: product.health() == "degraded")
    assert product.is_connected()
    own_postgresql.thaw()
    product.wait_for(lambda: product.health() == "ok")
    product.wait_for(lambda: stored(product) == BEFORE + WHILE)

    own_postgresql.kill()
    publish(broker, messages(BEFORE + WHILE, AFTER))
    product.wait_for(lambda: product.health() == "degraded")
    assert product.is_connected()
    own_postgresql.start()
    product.wait_for(lambda: product.health() == "ok")
    product.wait_for(lambda: stored(product) == BEFORE + WHILE + AFTER)

    assert product.site_status(SITE)["connection_errors"] == 0
    assert product.stop(process) == 0
    assert stored(product) == BEFORE + WHILE + AFTER
