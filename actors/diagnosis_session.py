"""The later stages of a diagnosis: CONNACK, SUBACK and the first data. Blocks, each stage no longer than allowed."""

import selectors
import time
from collections.abc import Callable
from typing import Any

from .diagnosis_network import Network
from .diagnosis_tls import Tls
from .events import Arrived, Greeted
from .failures import Failure, FailureKind
from .messages import Now
from .mqtt import Session
from .opening import open_session, refusal
from .presence import read_presence
from .stages import Finding, Outcome, failed
from .trial import Trial

# Packets that are read before we look at the clock: a broker may have thousands of retained messages for us.
READ_BATCH = 64

# MQTT 5 section 3.9.3: codes from here on refuse; so does the only such one of 3.1.1.
FIRST_REFUSAL = 0x80


class Conversation:
    """MQTT with a broker, once there is a connection to it."""

    def __init__(self, trial: Trial, network: Network, tls: Tls) -> None:
        self.trial = trial
        self.network = network
        self.tls = tls
        self.session: Session | None = None
        self.greeted = False
        self.retained = 0
        self.live_topic: str | None = None  # of the first message that was sent just now
        self.presence: bytes | None = None
        self.to_acknowledge: list[Arrived] = []

    def close(self) -> None:
        if self.session is not None and not self.session.has_ended:
            self.session.hang_up()

    def greet(self, limit: float) -> Finding:
        """Send CONNECT, and wait for CONNACK."""
        target = self.trial.target
        try:
            self.session = open_session(target, self.network.sock)
        except (OSError, ValueError) as error:
            failure = refusal(error, target)
            return failed(failure.kind, failure.message)
        self.session.attach(0, self.take)
        self.drive(lambda: self.greeted, limit)
        if self.greeted:
            result = f"accepted as {target.client_id}, with no session; the site's own link is {self.live_client_id}"
            return Finding(Outcome.OK, result)
        if not self.session.has_ended:
            where = f"{target.host}:{target.port}"
            return Finding(
                Outcome.FAILED,
                f"{where} took the connection and never answered CONNECT",
                "See that a broker listens on this port, and nothing else; a broker that hangs must be restarted.",
            )
        return self.refused(self.session.failure)

    def refused(self, failure: Failure | None) -> Finding:
        if failure is None or failure.kind is FailureKind.KICKED:
            told = self.tls.explain_silence()
            if told is not None:
                return told
            failure = Failure(FailureKind.KICKED, "the broker closed the connection instead of answering CONNECT")
        finding = failed(failure.kind, failure.message)
        if failure.kind is FailureKind.TLS:  # the broker has not seen our name yet
            return finding
        own_name = (
            f"This was tried as {self.trial.target.client_id}: a broker that takes only certain client ids refuses it,"
            f" and may yet let the site's own link in, which is {self.live_client_id}."
        )
        return finding._replace(advice=f"{finding.advice} {own_name}")

    @property
    def live_client_id(self) -> str:
        return self.trial.live_client_id

    def subscribe(self, limit: float) -> list[Finding]:
        """Subscribe as the live link does; a finding for each filter."""
        assert self.session is not None, "SUBSCRIBE comes after CONNACK"
        session, filters = self.session, self.trial.filters
        session.subscribe(filters)
        self.drive(lambda: session.granted.keys() >= {name for name, _ in filters}, limit)
        return [self.judge_grant(name, qos, session.granted.get(name), session.has_ended) for name, qos in filters]

    def judge_grant(self, name: str, wanted: int, granted: int | None, has_ended: bool) -> Finding:
        if granted is None:
            return Finding(
                Outcome.FAILED,
                f"{name}: the broker {'closed the connection' if has_ended else 'went silent'} when we subscribed",
                "Look into the broker's log: most often its access list (ACL) or a limit of its own is why.",
            )
        if granted >= FIRST_REFUSAL:
            return failed(FailureKind.ACL, f"{name}: refused")
        if granted < wanted:
            advice = "Messages may be lost while we are away: let the broker grant QoS 1."
            return Finding(Outcome.WARNING, f"{name}: granted QoS {granted}, not {wanted}", advice)
        return Finding(Outcome.OK, f"{name}: granted QoS {granted}")

    def listen(self, limit: float) -> Finding:
        """Wait for what comes, until a device is heard."""
        self.drive(lambda: self.live_topic is not None, limit)
        is_live = self.live_topic is not None
        parts = [f"live from {self.live_topic}" if is_live else f"nothing live within {limit:g} s"]
        if self.retained:
            parts.append(f"{self.retained} retained")
        if self.presence is not None:
            parts.append(self.describe_presence(self.presence))
        result = "; ".join(parts)
        if not is_live and not self.retained and self.presence is None:
            return Finding(Outcome.WARNING, result, self.advise_on_silence())
        if not is_live:
            return Finding(Outcome.OK, f"{result}; a device sends each {self.trial.heartbeat_interval:g} s")
        return Finding(Outcome.OK, result)

    def describe_presence(self, payload: bytes) -> str:
        """Say what a link of Sitewarden's has left at the broker, ours or another's."""
        presence = read_presence(payload)
        if presence is None:
            return "something that we cannot read is where our own link says that it is there"
        if presence.client_id == self.live_client_id:
            return f"the site's own link says that it is {presence.status}"
        return f"another one, {presence.client_id}, says here that it is {presence.status}"

    def advise_on_silence(self) -> str:
        return (
            f"Devices may be silent for longer than this: look again after {self.trial.heartbeat_interval:g} s. If"
            f" nothing comes at all, see that they publish below {self.trial.topic_prefix}/ and that the broker's"
            " access list lets us read: most brokers grant a subscription and then withhold its messages."
        )

    def take(self, event: Any) -> None:
        """What the session tells us."""
        match event:
            case Greeted():
                self.greeted = True
            case Arrived():
                self.to_acknowledge.append(event)
                self.note(event)

    def note(self, arrived: Arrived) -> None:
        """Keep no more of a message than there is to say of it: thousands may be retained."""
        if arrived.topic == self.trial.presence_topic:
            self.presence = arrived.payload
        elif arrived.retain:
            self.retained += 1
        elif self.live_topic is None:
            self.live_topic = arrived.topic or "a topic that is not UTF-8"

    def drive(self, is_done: Callable[[], bool], limit: float) -> None:
        """Read and write until it is done, the session has ended or the time is over."""
        session = self.session
        assert session is not None, "there is nothing to drive"
        deadline = time.monotonic() + limit
        with selectors.DefaultSelector() as selector:
            selector.register(session.fd, selectors.EVENT_READ)
            has_more = True  # what came with the stage before is in the buffer already
            while not is_done() and not session.has_ended and (left := deadline - time.monotonic()) > 0:
                writing = selectors.EVENT_WRITE if session.wants_write() else 0
                selector.modify(session.fd, selectors.EVENT_READ | writing)
                selector.select(0 if has_more else left)
                has_more = self.turn(session, Now(time.time(), time.monotonic()))

    def turn(self, session: Session, now: Now) -> bool:
        """Read and write once, and acknowledge; True if there is more to read."""
        if session.wants_write():
            session.write(now)
        has_more = session.read(now, READ_BATCH)
        for arrived in self.to_acknowledge:
            session.ack(arrived.packet_id, arrived.qos)
        self.to_acknowledge.clear()
        session.flush()
        return has_more
