"""A site's link to its broker: attempt after attempt, one at a time, each told to its end."""

import json
from functools import partial

from thespian.actors import ActorAddress

from ..store.errors import StoreError
from ..store.records import SiteConfiguration
from .desired import link_of
from .events import DialFailed, Dialled, LinkClosed, LinkLost, LinkOpened, SessionEnded
from .failures import Failure, FailureKind, of_suback
from .messages import Now
from .mqtt import Session, Target, open_session, refusal
from .parts import Parts
from .topics import PRESENCE_TOPIC, subscriptions

# How long the messages that a broker kept for us may take to come before they count as live again, where our own
# message, which ends them, does not come back (an ACL may forbid it). Seconds.
LONGEST_DRAIN = 30.0


class Link:
    """The state of one site's link. Its methods give what the supervisor must be told, or None.

    A broker that has kept our session sends what it queued for us first. Such messages count, but say nothing of what
    is alive now: until our own presence, published after them, comes back, the link `is_draining`.
    """

    def __init__(self, parts: Parts, owner: ActorAddress, configuration: SiteConfiguration) -> None:
        self.parts = parts
        self.owner = owner
        self.configuration = configuration
        self.attempt = 0
        self.dialled_at = 0.0
        self.dialling: SiteConfiguration | None = None  # what a worker is dialling with
        self.session: Session | None = None
        self.deadline: float | None = None  # of the attempt that is under way
        self.is_open = False
        self.session_present = False
        self.drain_until: float | None = None
        self.subscribed: set[str] = set()  # filters that a session the broker has kept may still hold

    @property
    def site_id(self) -> int:
        return self.configuration.site.id

    @property
    def presence_topic(self) -> str:
        return f"{self.configuration.connection.topic_prefix}/{PRESENCE_TOPIC}"

    @property
    def is_live(self) -> bool:
        """Whether what comes now was sent now."""
        return self.is_open and self.drain_until is None

    def dial(self, now: Now) -> None:
        """Begin an attempt, dropping a link that is open. One that a worker is at already is this attempt.

        There is never more than one: two would use the same client id, and the broker keeps only the later of them,
        whichever that is.
        """
        self.drop()
        # DNS, TCP and TLS have the time-out, and CONNACK and SUBACK the same once more.
        self.deadline = now.monotonic + 2 * self.parts.settings.mqtt.connect_timeout
        if self.dialling is None:
            self.submit(now)

    def submit(self, now: Now) -> None:
        self.dialling = self.configuration
        self.dialled_at = now.epoch
        self.parts.dials.submit(self.owner, partial(self.open_in_worker, self.configuration))

    def open_in_worker(self, configuration: SiteConfiguration) -> Dialled | DialFailed:
        try:
            target = self.target(configuration)
        except StoreError as error:
            return DialFailed(Failure(FailureKind.CONFIG, str(error), type(error).__name__))
        try:
            return Dialled(open_session(target))
        except Exception as error:  # noqa: BLE001 - whatever a socket, TLS or IDNA raises is this attempt's failure
            return DialFailed(refusal(error, target))

    def target(self, configuration: SiteConfiguration) -> Target:
        """Raises `SecretUnreadable` for a password sealed with a key that we do not have."""
        connection = configuration.connection
        return Target(
            host=connection.broker_host,
            port=connection.broker_port,
            client_id=self.client_id,
            username=connection.username,
            password=self.parts.store.secrets.open(connection.sealed_password),
            protocol=connection.protocol,
            keep_alive=connection.keep_alive_interval,
            timeout=self.parts.settings.mqtt.connect_timeout,
            tls_mode=connection.tls_mode,
            tls_ca_file=connection.tls_ca_file,
            tls_certificate_file=connection.tls_certificate_file,
            tls_key_file=connection.tls_key_file,
            will_topic=self.presence_topic,
            will_payload=self.presence("lost"),
        )

    @property
    def client_id(self) -> str:
        """Stable, so that the broker finds our session again, and different for each site and installation."""
        return f"{self.configuration.connection.client_id_prefix}_{self.parts.installation}"

    def presence(self, status: str) -> bytes:
        """What others on the broker read of us. The time of the attempt tells it from that of an older one."""
        fields = {"status": status, "client_id": self.client_id, "dialled_at": self.dialled_at}
        return json.dumps(fields).encode()

    def take_session(self, session: Session, now: Now) -> None:
        """Take what a worker has opened, unless nobody wants it any more, or not like this."""
        if not self.is_as_wanted(now):
            session.drop(None)
            return
        self.attempt += 1
        self.session = session
        self.session.attach(self.attempt, partial(self.parts.tell, self.owner))
        self.parts.poller.add(self.session)

    def fail_dial(self, failure: Failure, now: Now) -> LinkLost | None:
        if not self.is_as_wanted(now):
            return None
        self.deadline = None
        return LinkLost(self.site_id, failure)

    def is_as_wanted(self, now: Now) -> bool:
        """Whether the dial that has just ended is the one wanted; if it was configured anew meanwhile, dial again."""
        dialled, self.dialling = self.dialling, None
        if self.deadline is None:
            return False
        if dialled is not None and link_of(dialled) == link_of(self.configuration):
            return True
        self.submit(now)
        return False

    def greet(self, attempt: int, session_present: bool) -> None:
        """CONNACK has come: subscribe."""
        if attempt == self.attempt and self.session is not None:
            self.session_present = session_present
            self.subscribe()

    def subscribe(self) -> None:
        if self.session is None:
            return
        connection, topics = self.configuration.connection, self.configuration.topics
        mode = connection.discovery_mode if self.parts.settings.mqtt.auto_discovery_enabled else "closed"
        wanted = subscriptions(connection.topic_prefix, topics, mode)
        names = {name for name, _ in wanted}
        if self.session_present:
            # A kept session keeps its filters too: those that people took back since would go on bringing messages.
            widest = {name for name, _ in subscriptions(connection.topic_prefix, (), "open")}
            self.session.unsubscribe((self.subscribed | widest | {topic.topic_pattern for topic in topics}) - names)
        self.session.subscribe(wanted)
        self.subscribed = names

    def grant(self, attempt: int, refused: tuple[str, ...], now: Now) -> LinkOpened | None:
        """SUBACK has come."""
        if attempt != self.attempt or self.session is None:
            return None
        if refused:
            self.end(of_suback(refused))
            return None
        if self.is_open:  # a subscription made anew
            return None
        self.is_open = True
        self.deadline = None
        self.drain_until = now.monotonic + LONGEST_DRAIN if self.session_present else None
        self.session.publish(self.presence_topic, self.presence("online"))
        return LinkOpened(self.site_id, self.session_present, now)

    def take_echo(self, payload: bytes) -> None:
        """Our presence has come back: what the broker had queued for us is through."""
        if payload == self.presence("online"):
            self.drain_until = None

    def take_end(self, ended: SessionEnded) -> LinkLost | LinkClosed | None:
        if ended.attempt != self.attempt or self.session is None:
            return None
        self.forget()
        if ended.failure is None:
            return LinkClosed(self.site_id)
        return LinkLost(self.site_id, ended.failure)

    def close(self, now: Now) -> LinkClosed | None:
        """Say goodbye; `take_end` tells when it is done. With no link to close it is done now."""
        if self.session is not None and self.is_open:
            self.deadline = now.monotonic + self.parts.settings.mqtt.connect_timeout
            self.session.close(self.presence_topic, self.presence("offline"))
            return None
        self.drop()
        return LinkClosed(self.site_id)

    def check(self, now: Now) -> LinkLost | None:
        """Look at the deadlines."""
        if self.drain_until is not None and now.monotonic >= self.drain_until:
            self.drain_until = None
        if self.deadline is None or now.monotonic < self.deadline:
            return None
        failure = Failure(FailureKind.TIMEOUT, "the broker took the connection but did not answer in time")
        if self.session is None:
            self.deadline = None
            return LinkLost(self.site_id, failure)
        self.end(failure)
        return None

    def end(self, failure: Failure) -> None:
        if self.session is not None:
            self.session.drop(failure)

    def drop(self) -> None:
        """Let go of an attempt or a link, without a word."""
        session = self.session
        self.forget()
        if session is not None:
            session.drop(None)

    def forget(self) -> None:
        if self.session is not None:
            self.parts.poller.remove(self.session)
        self.session = None
        self.deadline = None
        self.drain_until = None
        self.is_open = False
