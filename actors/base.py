"""What every actor of ours has in common."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from thespian.actors import Actor, ActorAddress, ActorExitRequest, ChildActorExited

from .events import Undelivered

if TYPE_CHECKING:
    from .children import Trouble
    from .systembase import SystemBase

log = logging.getLogger("sitewarden.actors")


class WardenActor(Actor):  # type: ignore[misc]
    """An actor that knows its messages: its first one (`Open...`) gives it all that it works with.

    A handler that raises ends the actor; its parent gets `ChildFailed` with `record`, the last good state, and begins
    it again from there. So a handler works out its new record first, and assigns it once.
    """

    def receiveMessage(self, message: object, sender: ActorAddress) -> None:
        """Take what no actor of ours treats on its own; what nobody knows is logged, not dropped in silence."""
        match message:
            case ActorExitRequest() | ChildActorExited() | Undelivered():
                pass
            case _:
                log.warning("%s does not know %s from %s", self, type(message).__name__, sender)

    def abandon(self) -> None:
        """Let go of what outlives an actor (a socket): its last act when a handler of its own has raised."""

    @property
    def system_base(self) -> SystemBase:
        """What runs this actor: a parent decides there what becomes of a child that has failed."""
        return cast("SystemBase", self._myRef._system._systemBase)  # thespian shows it nowhere else

    # What it shows of itself in the tree

    @classmethod
    def kind(cls) -> str:
        """`sensor` for a `SensorActor`."""
        return cls.__name__.removesuffix("Actor").lower()

    @property
    def name(self) -> str:
        """What tells it from its siblings."""
        return self.kind()

    def troubles(self) -> Mapping[str, Trouble]:
        """Give which of its children have failed, by their address."""
        return {}
