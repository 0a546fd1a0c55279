"""What a diagnosis tries: a connection as it is saved, or as somebody would change it. Decides only.

A password that is saved goes nowhere but where it was saved for: whoever may try a connection need not know it, and
must not learn it by sending it to a host of their own or past a TLS that they have switched off.
"""

import secrets as randomness
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..config.settings import MqttSection
from ..store.drafts import ConnectionDraft, SiteDraft
from ..store.records import ConnectionRecord, SiteConfiguration, TopicRecord
from ..store.secrets import Secrets
from .mqtt import Target
from .topics import PRESENCE_TOPIC, Subscription, subscriptions

# Where a saved password was saved for.
PLACE_OF_PASSWORD = ("broker_host", "broker_port", "username", "tls_mode", "tls_ca_file")

UNKNOWN_INSTALLATION = "INSTALLATION"

RANDOM_BYTES = 4  # of the client id: two who look at the same time must not throw each other off


class PasswordNeeded(Exception):
    """The saved password is not for where it would be sent; the message says so."""


class Trial(NamedTuple):
    """A connection to be tried. `live_client_id` is what the site's own link calls itself."""

    target: Target
    filters: tuple[Subscription, ...]
    topic_prefix: str
    live_client_id: str
    heartbeat_interval: float  # seconds

    @property
    def presence_topic(self) -> str:
        return f"{self.topic_prefix}/{PRESENCE_TOPIC}"


def changed(saved: SiteConfiguration, changes: Mapping[str, Any]) -> SiteDraft:
    """Return a saved site with fields of its connection changed, none of them the password unless it is among them.

    Raises pydantic's `ValidationError`; the fields are named as those of a connection.
    """
    topics = [topic._asdict() for topic in saved.topics]
    for topic in topics:
        del topic["id"], topic["site_id"]
    stands = {name: value for name, value in saved.connection._asdict().items() if name in ConnectionDraft.model_fields}
    connection = ConnectionDraft.model_validate({**stands, "topics": topics, **changes})
    return SiteDraft(code=saved.site.code, connection=connection)


def password_of(draft: ConnectionDraft, saved: ConnectionRecord | None, secrets: Secrets) -> str:
    """Return the password to try: the draft's own, else the saved one. Raises `PasswordNeeded`, `SecretUnreadable`."""
    if draft.password is not None:
        return draft.password
    if saved is None or not saved.sealed_password:
        return ""
    if any(getattr(draft, name) != getattr(saved, name) for name in PLACE_OF_PASSWORD):
        raise PasswordNeeded(
            "the saved password is for the saved broker_host, broker_port, username and TLS: give it to try others"
        )
    return secrets.open(saved.sealed_password)


def trial_of(draft: SiteDraft, password: str, installation: str, settings: MqttSection) -> Trial:
    """Return what there is to try of a site; `installation` is empty where there is none, or nobody can tell."""
    connection = draft.connection
    mode = connection.discovery_mode if settings.auto_discovery_enabled else "closed"
    configured = [TopicRecord(id=0, site_id=0, **topic.model_dump()) for topic in connection.topics]
    prefix = connection.topic_prefix
    target = Target(
        host=connection.broker_host,
        port=connection.broker_port,
        # Not the live link's: the broker would end that one.
        client_id=f"{connection.client_id_prefix}_diagnosis_{randomness.token_hex(RANDOM_BYTES)}",
        username=connection.username,
        password=password,
        protocol=connection.protocol,
        keep_alive=connection.keep_alive_interval,
        timeout=settings.connect_timeout,
        tls_mode=connection.tls_mode,
        tls_ca_file=connection.tls_ca_file,
        tls_certificate_file=connection.tls_certificate_file,
        tls_key_file=connection.tls_key_file,
        will_topic="",
        will_payload=b"",
        receive_maximum=settings.receive_maximum,
        keeps_session=False,
    )
    return Trial(
        target=target,
        filters=subscriptions(prefix, configured, mode),
        topic_prefix=prefix,
        live_client_id=f"{connection.client_id_prefix}_{installation or UNKNOWN_INSTALLATION}",
        heartbeat_interval=connection.heartbeat_interval,
    )
