"""Whether we are well (row G8). Anybody may ask, so it says no more than a monitor needs."""

import http
from typing import Literal

import falcon
from pydantic import BaseModel, Field

from ..actors.runtime import ActorsUnavailable
from ..store.errors import StoreUnavailable
from ..store.store import Store
from .contract import operation
from .live import Live


class DatabaseCheck(BaseModel):
    """Whether the database answers."""

    status: Literal["ok", "degraded"]


class ActorsCheck(BaseModel):
    """Whether the actors answer; how many connections have which status."""

    status: Literal["ok", "unavailable"]
    connections: dict[str, int] = {}


class PersistenceCheck(BaseModel):
    """Whether what is received is being written."""

    status: Literal["ok", "degraded", "unavailable"]
    unwritten: int | None = Field(description="records that wait for the database; null if nobody can tell")


class Checks(BaseModel):
    """What was looked at."""

    database: DatabaseCheck
    actors: ActorsCheck
    persistence: PersistenceCheck


class HealthView(BaseModel):
    """Degraded: live state is served, but something is not written or not read. Unavailable: not ready."""

    status: Literal["ok", "degraded", "unavailable"]
    checks: Checks


class Health:
    """`system/health/`"""

    def __init__(self, store: Store, live: Live) -> None:
        self.store = store
        self.live = live

    @operation(http.HTTPStatus.OK, http.HTTPStatus.SERVICE_UNAVAILABLE)
    def on_get(self, _request: falcon.Request, response: falcon.Response) -> HealthView:
        """Say whether we are well. 503: not ready."""
        checks = self.look()
        if checks.actors.status == "unavailable":
            response.status = http.HTTPStatus.SERVICE_UNAVAILABLE
            return HealthView(status="unavailable", checks=checks)
        is_well = checks.database.status == checks.persistence.status == "ok"
        return HealthView(status="ok" if is_well else "degraded", checks=checks)

    on_head = on_get  # what some monitors and load balancers ask

    def look(self) -> Checks:
        database = self.look_at_database()
        try:
            counters = self.live.counters()
        except ActorsUnavailable:
            return Checks(
                database=database,
                actors=ActorsCheck(status="unavailable"),
                persistence=PersistenceCheck(status="unavailable", unwritten=None),
            )
        return Checks(
            database=database,
            actors=ActorsCheck(status="ok", connections=dict(counters.states)),
            # What the database said may name hosts and users: the log has it.
            persistence=PersistenceCheck(
                status="degraded" if counters.database_error else "ok", unwritten=counters.unwritten
            ),
        )

    def look_at_database(self) -> DatabaseCheck:
        try:
            self.store.ping()
        except StoreUnavailable:
            return DatabaseCheck(status="degraded")
        return DatabaseCheck(status="ok")
