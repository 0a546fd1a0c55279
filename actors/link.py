"""A site's link to its broker: attempt after attempt, one at a time, each told to its end."""

from functools import partial

from thespian.actors import ActorAddress

from ..store.errors import StoreError
from ..store.records import SiteConfiguration
from .desired import link_of
from .echo import Echo, Note
from .events import DialFailed, Dialled, LinkClosed, LinkLost, LinkNoted, LinkOpened, SessionEnded
from .failures import Failure, FailureKind
from .messages import Now
from .mqtt import Session, Target
from .opening import open_session, refusal
from .parts import Parts
from .presence import Presence, read_presence
from .reason_codes import of_inferred_takeover, of_suback
from .topics import PRESENCE_TOPIC, discovery_mode, subscriptions
from .watchdog import Look, Watchdog

STALLED = Failure(
    FailureKind.STALLED,
    "nothing has come for longer than usual, and our own message, which came back before, does not come back: the"
    " broker answers pings and delivers nothing; has its ACL changed?",
)


# Each link is looked at once a second. If it was not for so long (seconds), our process stood still, as in a paused
# machine, and whoever cut the link meanwhile had reason to.
STOOD_STILL = 5.0


class Link:
    """The state of one site's link. Its methods give what the supervisor must be told, or None."""

    def __init__(self, parts: Parts, owner: ActorAddress, configuration: SiteConfiguration) -> None:
        self.parts = parts
        self.owner = owner
        self.configuration = configuration
        self.attempt = 0
        self.running_since: float | None = None
        self.dialled_at = 0.0
        self.dialling: SiteConfiguration | None = None  # what a worker is dialling with
        self.session: Session | None = None
        self.deadline: float | None = None  # of the attempt that is under way
        self.is_open = False
        self.session_present = False
        self.looked_at = 0.0
        mqtt = parts.settings.mqtt
        interval = configuration.connection.heartbeat_interval
        self.echo = Echo(Watchdog(interval, mqtt.stall_factor, mqtt.connect_timeout))
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
        return self.is_open and not self.echo.is_draining

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
        if self.running_since is None:
            self.running_since = now.epoch
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
            receive_maximum=self.parts.settings.mqtt.receive_maximum,
        )

    @property
    def client_id(self) -> str:
        """Stable, so that the broker finds our session again, and different for each site and installation."""
        return f"{self.configuration.connection.client_id_prefix}_{self.parts.installation}"

    def presence(self, status: str) -> bytes:
        """What others on the broker read of us."""
        return Presence(status, self.client_id, self.running_since or self.dialled_at, self.dialled_at).encode()

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
        self.echo.takeover.failed()
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
        mode = discovery_mode(connection, self.parts.settings.mqtt.auto_discovery_enabled)
        wanted = subscriptions(connection.topic_prefix, topics, mode)
        names = {name for name, _ in wanted}
        if self.session_present:
            # A kept session keeps its filters too: those that people took back since would go on bringing messages.
            widest = {name for name, _ in subscriptions(connection.topic_prefix, (), "open")}
            self.session.unsubscribe((self.subscribed | widest | {topic.topic_pattern for topic in topics}) - names)
        self.session.subscribe(wanted)
        self.subscribed = names

    def grant(self, attempt: int, refused: tuple[str, ...], now: Now, reason: str = "") -> LinkOpened | None:
        """SUBACK has come; `reason` is the broker's for what it refused, if it gave one."""
        if attempt != self.attempt or self.session is None:
            return None
        if refused:
            self.end(of_suback(refused, reason))
            return None
        if self.is_open:  # a subscription made anew
            return None
        self.is_open = True
        self.deadline = None
        connection = self.configuration.connection
        deadline = connection.heartbeat_interval * connection.heartbeat_timeout_multiplier
        self.echo.opened(self.session_present, deadline, now.monotonic)
        self.session.publish(self.presence_topic, self.presence("online"))
        return LinkOpened(self.site_id, self.session_present, now)

    def ack(self, attempt: int, packet_id: int, qos: int) -> None:
        """Acknowledge a message that came over this attempt's session; it leaves with `flush`.

        An older attempt's is dropped: the broker may have given the packet's identifier to another message since, and
        sends the unacknowledged one again.
        """
        if attempt == self.attempt and self.session is not None:
            self.session.ack(packet_id, qos)

    def flush(self) -> None:
        """Send the acknowledgements that were gathered, together."""
        if self.session is not None:
            self.session.flush()
            self.parts.poller.settle(self.session)

    def heard(self, now: Now) -> None:
        """A message of the site has come."""
        self.echo.watchdog.heard(now.monotonic)

    def take_echo(self, payload: bytes, now: Now) -> None:
        """A presence has come. If it is this link's own, what the broker had queued for us is through."""
        if payload == self.presence("online"):
            self.echo.came(now.monotonic)
            return
        other = read_presence(payload)
        if other is not None and other.client_id == self.client_id and other.running_since != self.running_since:
            self.echo.takeover.saw_other(other.running_since, now.monotonic)

    def take_end(self, ended: SessionEnded) -> LinkLost | LinkClosed | None:
        if ended.attempt != self.attempt or self.session is None:
            return None
        at, was_open = self.session.now.monotonic, self.is_open
        self.forget()
        if ended.failure is None:
            return LinkClosed(self.site_id)
        if not ended.was_cut or at - self.looked_at > STOOD_STILL:
            self.echo.takeover.failed()
        elif self.echo.takeover.is_takeover(was_open, at):
            return LinkLost(self.site_id, of_inferred_takeover(self.client_id), ended.heard_at)
        return LinkLost(self.site_id, ended.failure, ended.heard_at)

    def close(self, now: Now) -> LinkClosed | None:
        """Say goodbye; `take_end` tells when it is done. With no link to close it is done now."""
        if self.session is not None and self.is_open:
            self.deadline = now.monotonic + self.parts.settings.mqtt.connect_timeout
            self.session.close(self.presence_topic, self.presence("offline"))
            return None
        self.drop()
        return LinkClosed(self.site_id)

    def check(self, now: Now, is_held_up: bool) -> LinkLost | LinkNoted | None:
        """Look at the deadlines, and whether an open link carries data.

        `is_held_up`: the broker waits for our acknowledgements, and sends nothing more until then, our echo neither.
        """
        self.looked_at = now.monotonic
        if self.deadline is None:
            return self.watch(now, is_held_up)
        if now.monotonic < self.deadline:
            return None
        failure = Failure(FailureKind.TIMEOUT, "the broker took the connection but did not answer in time")
        if self.session is None:
            self.deadline = None
            return LinkLost(self.site_id, failure)
        self.end(failure)
        return None

    def watch(self, now: Now, is_held_up: bool) -> LinkNoted | None:
        if self.session is None or not self.is_open:
            return None
        look = self.echo.look(is_held_up, now.monotonic)
        if isinstance(look, Note):
            return LinkNoted(self.site_id, look.level, look.message.format(topic=self.presence_topic), look.kind)
        if look is Look.ASK:
            self.session.publish(self.presence_topic, self.presence("online"))
        elif look is Look.STALLED:
            self.end(STALLED)
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
        self.echo.closed()
        self.is_open = False
