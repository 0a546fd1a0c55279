"""Open an MQTT session: DNS, TCP, TLS and CONNECT. Blocks, so it is done in a worker."""

import ssl
import time
import traceback
from contextlib import suppress
from socket import socket

from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from .certificates import faults, read_chain
from .failures import Failure, of_exception
from .mqtt import BufferedClient, Session, Target
from .tls_files import CertificateFileUnusable, tls_context

# MQTT 5 (section 3.1.2.11.2): how long the broker keeps our session and queues for us while we are away. Seconds.
SESSION_EXPIRY = 7 * 24 * 3600

# paho keeps what we publish in memory, without a bound of its own.
MOST_QUEUED_MESSAGES = 1_000


def open_session(target: Target, connected: socket | None = None) -> Session:
    """Resolve, connect, shake hands and send CONNECT. Blocks, at most about `target.timeout` a step.

    Over `connected`, a socket that has all but CONNECT behind it, that is all that is left to do.
    Raises `OSError` and, for a host that cannot even be asked for or a certificate file that cannot be used,
    `ValueError`; `refusal` says what they mean.
    """
    is_v5 = target.protocol == "5"
    client = BufferedClient(
        CallbackAPIVersion.VERSION2,
        client_id=target.client_id,
        clean_session=None if is_v5 else not target.keeps_session,
        protocol=MQTTProtocolVersion.MQTTv5 if is_v5 else MQTTProtocolVersion.MQTTv311,
        reconnect_on_failure=False,
        manual_ack=True,
    )
    client.connected = connected
    client.connect_timeout = target.timeout
    client.max_queued_messages_set(MOST_QUEUED_MESSAGES)
    if target.keeps_session:
        client.will_set(target.will_topic, target.will_payload, qos=1, retain=True)
    if target.username:
        client.username_pw_set(target.username, target.password or None)
    if target.tls_mode != "off":
        client.tls_set_context(tls_context(target))
    if is_v5:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = SESSION_EXPIRY if target.keeps_session else 0
        properties.ReceiveMaximum = target.receive_maximum
        clean_start = not target.keeps_session
        client.connect(target.host, target.port, target.keep_alive, clean_start=clean_start, properties=properties)
    else:
        client.connect(target.host, target.port, target.keep_alive)
    session = Session(client, target)
    with suppress(OSError):  # whoever reads the session finds what the broker had to say
        session.sock.flush()
    return session


def certificate_faults(error: ssl.SSLCertVerificationError, target: Target) -> str:
    """Say what is wrong with the broker's certificate, and the fix: the error names but the first fault it met."""
    try:
        shown = ssl.get_server_certificate((target.host, target.port), timeout=target.timeout)
        chain = read_chain([ssl.PEM_cert_to_DER_cert(shown)])
    except (OSError, ValueError):
        return ""
    trusted = f"those of {target.tls_ca_file}" if target.tls_ca_file else "those this machine trusts"
    found = faults(chain, target.host, error.verify_code, trusted, time.time())
    return " ".join(f"{fault.result}. {fault.advice}" for fault in found)


def refusal(error: Exception, target: Target) -> Failure:
    """Say why a session could not be opened. May look at the broker's certificate, and block for `target.timeout`."""
    kind, message = of_exception(error, target.host, target.port)
    if isinstance(error, ssl.SSLCertVerificationError):
        found = certificate_faults(error, target)
        message = f"{target.host}:{target.port}: {found}" if found else message
    elif isinstance(error, CertificateFileUnusable):
        message = str(error)  # it is ours, not the broker's
    trace = "".join(traceback.format_exception(error))
    return Failure(kind, message, type(error).__name__, trace)
