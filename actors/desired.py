"""What people want and what is remembered, read from the database in a worker thread: each gives a message."""

from ..store.digests import digest_of
from ..store.errors import StoreError
from ..store.records import SiteConfiguration
from ..store.store import Store
from .events import ConfigurationsRead, MemoryRead, ReadFailed


def read_configurations(store: Store) -> ConfigurationsRead | ReadFailed:
    try:
        return ConfigurationsRead(tuple(store.configurations()))
    except StoreError as error:
        return ReadFailed(None, str(error))


def read_configuration(store: Store, site_id: int) -> ConfigurationsRead | ReadFailed:
    try:
        configuration = store.configuration(site_id)
    except StoreError as error:
        return ReadFailed(None, str(error))
    return ConfigurationsRead((configuration,) if configuration else (), site_id)


def read_memory(store: Store, configuration: SiteConfiguration) -> MemoryRead | ReadFailed:
    try:
        return MemoryRead(configuration, store.memory(configuration.site.id))
    except Exception as error:  # noqa: BLE001 - or the site would be without an actor for ever
        return ReadFailed(configuration.site.id, f"{configuration.site.code}: {type(error).__name__}: {error}")


def link_of(configuration: SiteConfiguration) -> tuple[object, ...]:
    """What a link is opened with: where it differs the link must be opened anew.

    What only the reading of messages depends on takes effect without touching the link.
    """
    connection = configuration.connection._replace(
        heartbeat_interval=0,
        heartbeat_timeout_multiplier=0,
        retry_delay=0,
        max_retry_delay=0,
        max_retries=0,
        rolling_readings=0,
        device_timezone="",
        is_active=True,
    )
    return connection, configuration.topics, configuration.site.code


def link_digest(configuration: SiteConfiguration) -> str:
    """What tells, across a restart of ours, whether the link was configured anew meanwhile."""
    return digest_of(repr(link_of(configuration)))
