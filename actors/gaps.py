"""For which time messages of a site may be missing (row C10).

While we are away a broker keeps for our session what comes at QoS 1. Where it has lost the session, where another
client took that with our id, or where it keeps nothing because all is subscribed at QoS 0, the time from the last
moment at which we know to have been there is a gap.
"""

from ..store.records import ConnectionState, GapRecord, SiteConfiguration
from .failures import FailureKind
from .topics import PRESENCE_TOPIC, discovery_mode, subscriptions

SESSION_LOST = "the broker had lost the session in which it keeps messages for us"
TAKEN_OVER = "another client had our client id, and took what the broker had for us"
NOTHING_KEPT = "all topics are subscribed at QoS 0, of which a broker keeps nothing for us"


def gap_of(
    configuration: SiteConfiguration, state: ConnectionState, discovers: bool, session_present: bool, now: float
) -> GapRecord | None:
    """Give the gap that ends now, with the link that opens; `state` is that from before.

    `discovers` is whether this installation discovers at all. Times are epoch seconds.
    """
    if state.last_connected_at is None:
        return None  # there was no session yet, and nothing to miss
    if state.error_kind == FailureKind.TAKEN_OVER:
        reason = TAKEN_OVER
    elif not session_present:
        reason = SESSION_LOST
    elif keeps_nothing(configuration, discovers):
        reason = NOTHING_KEPT
    else:
        return None
    known = (state.last_connected_at, state.last_message_at, state.disconnected_at)
    # Somebody may have set the clock back meanwhile.
    started_at = min(now, max(at for at in known if at is not None))
    return GapRecord(state.site_id, started_at, now, reason)


def keeps_nothing(configuration: SiteConfiguration, discovers: bool) -> bool:
    connection = configuration.connection
    mode = discovery_mode(connection, discovers)
    presence = f"{connection.topic_prefix}/{PRESENCE_TOPIC}"
    subscribed = subscriptions(connection.topic_prefix, configuration.topics, mode)
    qualities = {subscription.qos for subscription in subscribed if subscription.filter != presence}
    return qualities == {0}
