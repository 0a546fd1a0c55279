"""The whole product as its users have it, on a real broker, against what was promised of it.

product.py         an installation: commands, REST API, what is left in the database
field.py           what a site sends, once or without end
fleet.py           20 sites of 50 devices at their work; `bench/fleet.py` measures with it too
rubbish.py         what a broken or hostile device sends
poison_parser.py   a parser from outside, for messages that fail whoever takes them
presence.py        what a site can read of us on its broker
faults.py          the faults of a way to a broker, and what the operator is told of each
pace.py            how often somebody dials, against how often the backoff lets them
outage_of_many.py  a hundred sites without their broker; `bench/reconnects.py` measures with it too
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from servers.mosquitto import Mosquitto

from .product import Product

# A broker that holds whatever the product has not read yet, however slow the machine: what is lost is lost by us.
ROOMY = ("max_queued_messages 1000000", "max_inflight_messages 1000")

# One that hands what it kept over in small portions: most of it comes after our subscription is granted anew.
SPARING = ("max_queued_messages 1000000", "max_inflight_messages 10")


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    """An installation of the test's own."""
    with closing(Product(tmp_path)) as product:
        yield product


@pytest.fixture
def another_product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A second installation, with a data directory of its own."""
    with closing(Product(tmp_path_factory.mktemp("another"))) as product:
        yield product


@pytest.fixture
def broker(private_mosquitto: Callable[..., Mosquitto]) -> Mosquitto:
    """A broker to kill and start, that forgets everything when it ends."""
    return private_mosquitto(ROOMY)


@pytest.fixture
def keeping_broker(private_mosquitto: Callable[..., Mosquitto]) -> Mosquitto:
    """A broker whose sessions and queues outlive an orderly stop."""
    return private_mosquitto(SPARING, is_persistent=True)
