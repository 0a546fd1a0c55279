"""Thespian's simple system base with a queue that costs a sixth, and with Akka's way of restarting an actor.

All actors are Python objects in one thread. Plain messages go through one `deque` straight to `receiveMessage`;
thespian's own messages (exit requests, exits of children, poison) take the same queue, so that their order holds,
and are carried out by thespian's code.

What differs from the base that we extend:

- A handler that raises is not run again, up to three times, with whatever it had done the first time: its actor
  has failed, and its parent is told once, with the actor's last good state (`ChildFailed`).
- Who has failed keeps its address and what is on the way to it, so that its parent can begin it again there
  (`revive`) and nothing is lost but the message that it failed of. Its own children exit with it, before its parent
  is told.
- The addresses of the dead are forgotten; the base keeps every address for ever.
- There are no wake-ups: each costs the base a scan at every message. The runtime ticks the actors instead.
"""

import logging
from collections import deque
from dataclasses import dataclass
from typing import Any

from thespian.actors import (
    ActorAddress,
    ActorExitRequest,
    ActorSystem,
    ActorSystemMessage,
    ChildActorExited,
)
from thespian.system.simpleSystemBase import ActorSystemBase, PendingSend

from .events import ChildFailed, Undelivered

log = logging.getLogger("sitewarden.actors")

Sent = tuple[ActorAddress, object, ActorAddress]  # to, message, from


@dataclass(slots=True)
class Fallen:
    """An actor that has failed. `held` is what has come for it; None if it is to wait, and its parent gets that."""

    actor_class: type[Any]
    held: deque[Sent] | None


class SystemBase(ActorSystemBase):  # type: ignore[misc]
    """The base; only ever touched by the thread that runs it."""

    def __init__(self, system: ActorSystem) -> None:
        # logDefs: by default thespian would configure the root logger of the whole process.
        super().__init__(system, logDefs=False)
        self._pendingSends: deque[Any] = deque()
        self.fallen: dict[str, Fallen] = {}
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
        """Deliver until nothing is queued, and nothing held for somebody whose parent has not decided about it."""
        self.deliver()
        while undecided := [address for address, fallen in self.fallen.items() if fallen.held is not None]:
            for address in undecided:
                self.set_aside(ActorAddress(address))
            self.deliver()

    def deliver(self) -> None:
        queue = self._pendingSends
        registry = self.actorRegistry
        while queue:
            target, message, sender = queue.popleft()
            if isinstance(message, ActorSystemMessage):
                self.run_system_message(PendingSend(sender, message, target))
                continue
            ref = registry.get(target.addressDetails)
            if ref is None or ref.instance is None:
                self.miss(target, message, sender)
                continue
            try:
                ref.instance.receiveMessage(message, sender)
            except Exception as error:  # noqa: BLE001 - let it crash: any failure ends this actor and no other
                self.end(ref, message, error)

    def miss(self, target: ActorAddress, message: object, sender: ActorAddress) -> None:
        """Take a message for somebody who is not there."""
        fallen = self.fallen.get(target.addressDetails)
        if fallen is None:
            discard(message)
        elif fallen.held is not None:
            fallen.held.append((target, message, sender))
        else:
            self.return_to_parent(target, message)

    def return_to_parent(self, target: ActorAddress, message: object) -> None:
        parent = self.actorRegistry[target.addressDetails].parent
        self.actor_send(self.system.systemAddress, parent, Undelivered(target, message))

    # What a parent may decide of a child that has failed

    def revive(self, address: ActorAddress, opening: object) -> None:
        """Begin it again where it was; it gets `opening`, then what was held for it, before anything else is done."""
        fallen = self.fallen.pop(address.addressDetails)
        ref = self.actorRegistry[address.addressDetails]
        ref.instance = fallen.actor_class()
        ref.instance._myRef = ref  # as thespian does for those that it makes
        self._pendingSends.extendleft(reversed([(address, opening, ref.parent), *(fallen.held or ())]))

    def set_aside(self, address: ActorAddress) -> None:
        """Let it wait; its parent gets what was held, and all that comes for it, as `Undelivered`."""
        fallen = self.fallen[address.addressDetails]
        held, fallen.held = fallen.held, None
        for target, message, _ in held or ():
            self.return_to_parent(target, message)

    def bury(self, address: ActorAddress) -> None:
        """Forget it for good; what was held for it goes back to its parent, what comes later to nobody."""
        self.set_aside(address)
        del self.fallen[address.addressDetails]
        ref = self.actorRegistry[address.addressDetails]
        self._killActor(ref, PendingSend(self.system.systemAddress, None, address))

    # Thespian's own messages

    def run_system_message(self, pending: PendingSend) -> None:
        if isinstance(pending.msg, ActorExitRequest) and pending.toActor.addressDetails in self.fallen:
            self.bury(pending.toActor)
            return
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
        """End an actor whose handler has raised, and tell its parent with what it can be begun again."""
        actor = ref.instance
        log.error("%s ended by %s", actor, type(message).__name__, exc_info=error)
        record = last_words(actor)
        ref.instance = None
        self.fallen[ref.address.addressDetails] = Fallen(type(actor), deque())
        # Its children take what it had sent them before they exit, and they have exited when its parent is told.
        ref.shutdown()
        ref._yung = []  # thespian takes the dead off this list only where the parent is told of them
        if ref.parent == self.system.systemAddress:
            self.fatal = error
        self.actor_send(self.system.systemAddress, ref.parent, ChildFailed(ref.address, record, message, error))


def last_words(actor: Any) -> object:
    """Have an actor that failed let go of what it holds, and give its last good state; it may be in no state for it."""
    try:
        actor.abandon()
    except Exception:
        log.exception("%s failed once more while it let go", actor)
    try:
        return getattr(actor, "record", None)
    except Exception:
        log.exception("%s failed once more while it gave its state", actor)
        return None


def discard(message: object) -> None:
    """Drop a message that nobody is there for; one that owns something (a socket) lets go of it."""
    abandon = getattr(message, "abandon", None)
    if abandon is not None:
        abandon()


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
