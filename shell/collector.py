"""Python's garbage collector, set for a process that lives long and makes no cycles."""

import gc

# A heartbeat replaces some fifty small tuples by others that live until the next one. To the collector they look like
# growth, and it went through everything that is alive, over and over: a third of all time. Records cannot form
# cycles, so counting references frees them; what does form cycles (a failed dial, a request) is rare.
YOUNG = 50_000
MIDDLE = 20
OLD = 100


def tune_collector() -> None:
    """Let the collector look rarely, and never at what the start has made. For a process of our own only."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
