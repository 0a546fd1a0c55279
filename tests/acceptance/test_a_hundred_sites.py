"""A hundred sites lose their broker and come back, spread out, while five on another broker notice nothing.

The whole minute is run by hand, by `bench/reconnects.py`; here all times are a fifth of it.
"""

from collections.abc import Callable

import pytest
from servers.mosquitto import Mosquitto

from .outage_of_many import MANY, run_outage
from .product import Product

OUTAGE = 12.0  # seconds

# Of a minute's outage no second may hold more than a quarter of the reconnects.
BUCKET = OUTAGE / 60
LARGEST_SHARE = 1 / 4

# A minute's outage at a first retry after 5 s has room for three retries (5, 15 and 35 s), and jitter for part of a
# fourth (75 s, or 60 at the soonest).
MOST_DIALS_OF_EACH = 4

# Doubling what nobody would notice is no harm, and a busy machine does it by itself.
UNNOTICED = 0.05  # seconds

SAMPLES = 100  # of which the 99th percentile is more than the longest one


@pytest.mark.timeout(180)
def test_a_hundred_sites_come_back_spread_out_and_the_others_are_as_quick_as_before(
    product: Product, broker: Mosquitto, private_mosquitto: Callable[..., Mosquitto]
) -> None:
    outage = run_outage(product, broker, private_mosquitto(), OUTAGE, progress=print)

    assert len(outage.dials) <= MOST_DIALS_OF_EACH * len(MANY)
    assert len(outage.reconnects) == len(MANY)
    assert outage.largest_share(BUCKET) <= LARGEST_SHARE, sorted(outage.reconnects)
    assert outage.samples >= SAMPLES
    assert outage.latency_meanwhile <= 2 * max(outage.latency_before, UNNOTICED), outage
    assert "Traceback" not in product.errors()
