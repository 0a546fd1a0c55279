"""How a site's broker is reached: what people decided, without the password (rows A2, G4)."""

import falcon
from pydantic import BaseModel, ConfigDict, Field

from .access import caller_of
from .contract import operation
from .fleet import Fleet


class ConnectionView(BaseModel):
    """A connection's configuration."""

    model_config = ConfigDict(from_attributes=True)

    site_id: int
    broker_host: str
    broker_port: int
    username: str
    sealed_password: str = Field(exclude=True)
    password_set: bool = False
    client_id_prefix: str
    topic_prefix: str
    tls_mode: str = Field(description="off, verify or insecure")
    tls_ca_file: str
    tls_certificate_file: str
    tls_key_file: str
    keep_alive_interval: int = Field(description="seconds")
    protocol: str = Field(description="3.1.1 or 5")
    heartbeat_interval: float = Field(description="seconds")
    heartbeat_timeout_multiplier: float
    retry_delay: float = Field(description="seconds")
    max_retry_delay: float = Field(description="seconds")
    max_retries: int
    rolling_readings: int
    device_timezone: str
    discovery_mode: str = Field(description="open or closed")
    is_active: bool = Field(description="what people want of the connection")


class Connection:
    """`mqtt/sites/{id}/connection/`"""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet

    @operation()
    def on_get(self, request: falcon.Request, _response: falcon.Response, id: int) -> ConnectionView:
        """Show how a site's broker is reached."""
        connection = self.fleet.seen_site(caller_of(request), id).connection
        return ConnectionView.model_validate(connection).model_copy(
            update={"password_set": bool(connection.sealed_password)}
        )
