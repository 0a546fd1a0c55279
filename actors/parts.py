"""What actors work with and do not own: handed to each in its first message."""

from collections.abc import Callable
from dataclasses import dataclass

from thespian.actors import ActorAddress

from ..config.settings import Settings
from ..store.store import Store
from .commits import Commits
from .parsing.registry import Registry
from .poller import Poller
from .workers import Dialler, Readers


@dataclass(frozen=True, slots=True)
class Parts:
    """The collaborators of every actor of one runtime.

    `tell` queues a message for an actor from within the actor thread, outside an actor. `uniform(low, high)` is the
    only randomness.
    """

    settings: Settings
    store: Store
    installation: str
    registry: Registry
    poller: Poller
    commits: Commits
    dials: Dialler
    reads: Readers
    tell: Callable[[ActorAddress, object], None]
    uniform: Callable[[float, float], float]
    board: ActorAddress
    recorder: ActorAddress
