"""Thespian's simple system base with a queue that costs a sixth and a handler that is tried once.

All actors are Python objects in one thread. Plain messages go through one `deque` straight to `receiveMessage`;
thespian's own messages (exit requests, exits of children, poison) take the same queue, so that their order holds,
and are carried out by thespian's code.

What differs from the base that we extend:

- A handler that raises is not run again, up to three times, with whatever it had done the first time: its actor
  ends and its parent is told once, with the actor's last good state (`ChildFailed`).
- The addresses of the dead are forgotten; the base keeps every address for ever.
- There are no wake-ups: each costs the base a scan at every message. The runtime ticks the actors instead.
"""

import logging
from collections import deque
from typing import Any

from thespian.actors import (
    ActorAddress,
    ActorExitRequest,
    ActorSystem,
    ActorSystemMessage,
    ChildActorExited,
)
from thespian.system.simpleSystemBase import ActorSystemBase, PendingSend

from .events import ChildFailed

log = logging.getLogger("sitewarden.actors")


class SystemBase(ActorSystemBase):  # type: ignore[misc]
    """The base; only ever touched by the thread that runs it."""

    def __init__(self, system: ActorSystem) -> None:
        # logDefs: by default thespian would configure the root logger of the whole process.
        super().__init__(system, logDefs=False)
        self._pendingSends: deque[Any] = deque()
        # The failure of an actor that has no parent: nobody is left to start it again.
        self.fatal: Exception | None = None

    def actor_send(self, fromActor: ActorAddress, toActor: ActorAddress, msg: object) -> None:
        self._pendingSends.append((toActor, msg, fromActor))

    def tell(self, anActor: ActorAddress, msg: object) -> None:
        """Queue a message from outside; `run` delivers it."""
        self._pendingSends.append((anActor, msg, self.system.systemAddress))

    def wakeupAfter(self, fromActor: ActorAddress, timePeriod: object, payload: object) -> None:
        raise NotImplementedError("actors keep no wake-ups on this base: the runtime sends Tick")

    def run(self) -> None:
        """Deliver until nothing is queued."""
        queue = self._pendingSends
        registry = self.actorRegistry
        while queue:
            target, message, sender = queue.popleft()
            if isinstance(message, ActorSystemMessage):
                self.run_system_message(PendingSend(sender, message, target))
                continue
            ref = registry.get(target.addressDetails)
            if ref is None or ref.instance is None:
                continue
            try:
                ref.instance.receiveMessage(message, sender)
            except Exception as error:  # noqa: BLE001 - let it crash: any failure ends this actor and no other
                self.end(ref, message, error)

    def run_system_message(self, pending: PendingSend) -> None:
        try:
            self._runSingleSend(pending)
        finally:
            if isinstance(pending.msg, ChildActorExited):
                address = pending.msg.childAddress.actorAddressString
                if address in self.actorRegistry and self.actorRegistry[address] is None:
                    del self.actorRegistry[address]

    def _callActorWithMessage(self, tgt: Any, ps: PendingSend, msg: object, sndr: ActorAddress) -> None:
        try:
            tgt.instance.receiveMessage(msg, sndr)
        except Exception as error:
            if isinstance(msg, ActorExitRequest):
                log.exception("%s failed while it exited", type(tgt.instance).__name__)
            else:
                self.end(tgt, msg, error)
        if isinstance(msg, ChildActorExited):
            tgt.removeChild(msg.childAddress)

    def end(self, ref: Any, message: object, error: Exception) -> None:
        """End an actor whose handler has raised, and tell its parent with what it can be restarted."""
        actor = ref.instance
        log.error("%s ended by %s", actor, type(message).__name__, exc_info=error)
        actor.abandon()
        if ref.parent == self.system.systemAddress:
            self.fatal = error
        failed = ChildFailed(ref.address, getattr(actor, "record", None), message, error)
        self.actor_send(self.system.systemAddress, ref.parent, failed)
        self._killActor(ref, PendingSend(self.system.systemAddress, message, ref.address))


class LocalSystem(ActorSystem):  # type: ignore[misc]
    """An actor system on a base of its own: two may stand in one process."""

    def __init__(self) -> None:
        # The base asks the system for both while it is made, and the system wants the base to be made first.
        self.systemAddress = ActorAddress("/ActorSys")
        self.capabilities: dict[str, Any] = {}
        self.base = SystemBase(self)
        super().__init__(systemBase=self.base, capabilities=self.capabilities, transientUnique=True)

    def run(self) -> None:
        self.base.run()
