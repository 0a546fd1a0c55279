"""What every actor of ours has in common."""

import logging

from thespian.actors import Actor, ActorAddress, ActorExitRequest, ChildActorExited

log = logging.getLogger("sitewarden.actors")


class WardenActor(Actor):  # type: ignore[misc]
    """An actor that knows its messages: its first one (`Open...`) gives it all that it works with.

    A handler that raises ends the actor; its parent gets `ChildFailed` with `record`, the last good state, and starts
    it again from there. So a handler works out its new record first, and assigns it once.
    """

    def receiveMessage(self, message: object, sender: ActorAddress) -> None:
        """Take what no actor of ours treats on its own; what nobody knows is logged, not dropped in silence."""
        match message:
            case ActorExitRequest() | ChildActorExited():
                pass
            case _:
                log.warning("%s does not know %s from %s", self, type(message).__name__, sender)

    def abandon(self) -> None:
        """Let go of what outlives an actor (a socket): its last act when a handler of its own has raised."""
