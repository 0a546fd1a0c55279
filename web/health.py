"""Whether we are well, and why not (row G8). Anybody may ask, so it says no more than a monitor needs."""

import http
import re
from typing import Literal

import falcon
from pydantic import BaseModel, Field

from ..actors.errors import ActorsUnavailable
from ..actors.messages import Counters
from ..store.records import Status
from ..store.store import Store
from .access import Caller, known_caller_of
from .contract import operation
from .database_probe import SOON, DatabaseProbe
from .live import Live

# What waits for a person, or for a long time.
IN_TROUBLE = (Status.PARKED, Status.ERROR)


class DatabaseCheck(BaseModel):
    """Whether the database answers, and soon, and takes what is written to it."""

    status: Literal["ok", "degraded"]


class ActorsCheck(BaseModel):
    """Whether the actors answer; how many connections have which status."""

    status: Literal["ok", "unavailable"]
    connections: dict[str, int] = {}


class PersistenceCheck(BaseModel):
    """Whether what is received is being written."""

    status: Literal["ok", "degraded", "unavailable"]
    unwritten: int | None = Field(description="records that wait for the database; null if nobody can tell")
    is_spooled: bool | None = Field(description="they are on disk meanwhile, in the spool")


class SitesCheck(BaseModel):
    """Connections that are parked or in error. We are well all the same: it is their brokers that are not."""

    status: Literal["ok", "attention", "unavailable"]
    in_trouble: int | None = Field(description="how many; null if nobody can tell")
    codes: list[str] = Field(description="those that the caller's token lets them see; none without one")


class Checks(BaseModel):
    """What was looked at."""

    database: DatabaseCheck
    actors: ActorsCheck
    persistence: PersistenceCheck
    sites: SitesCheck


class HealthView(BaseModel):
    """Degraded: live state is served, but something is not written or not read. Unavailable: not ready."""

    status: Literal["ok", "degraded", "unavailable"]
    reasons: list[str] = Field(description="why it is not ok, in words")
    checks: Checks


class Health:
    """`system/health/`"""

    def __init__(self, store: Store, live: Live) -> None:
        self.database = DatabaseProbe(store)
        self.live = live

    @operation(http.HTTPStatus.OK, http.HTTPStatus.SERVICE_UNAVAILABLE)
    def on_get(self, request: falcon.Request, response: falcon.Response) -> HealthView:
        """Say whether we are well, and why not. 503: not ready."""
        database = self.database.look()
        reasons = [] if database == "ok" else [ANSWERS[database]]
        check = DatabaseCheck(status="degraded" if reasons else "ok")
        try:
            counters = self.live.counters()
            sites = self.look_at_sites(counters, known_caller_of(request))
        except ActorsUnavailable:
            response.status = http.HTTPStatus.SERVICE_UNAVAILABLE
            return HealthView(status="unavailable", reasons=[*reasons, "The actors do not answer."], checks=dark(check))
        not_written = reasons_not_written(counters)
        reasons += not_written
        checks = Checks(
            database=DatabaseCheck(status="degraded") if counters.database_error else check,
            actors=ActorsCheck(status="ok", connections=dict(counters.states)),
            persistence=PersistenceCheck(
                status="degraded" if not_written else "ok",
                unwritten=counters.unwritten,
                is_spooled=counters.is_spooled,
            ),
            sites=sites,
        )
        return HealthView(status="degraded" if reasons else "ok", reasons=reasons, checks=checks)

    on_head = on_get  # what some monitors and load balancers ask

    def look_at_sites(self, counters: Counters, caller: Caller | None) -> SitesCheck:
        in_trouble = sum(counters.states.get(status, 0) for status in IN_TROUBLE)
        codes: list[str] = []
        if in_trouble and caller is not None:
            codes = [
                report.configuration.site.code
                for report in self.live.reports()
                if report.state.status in IN_TROUBLE and caller.sees(report.state.site_id)
            ]
        return SitesCheck(status="attention" if in_trouble else "ok", in_trouble=in_trouble, codes=sorted(codes))


# What the database itself says may name hosts and users: the log has it.
ANSWERS = {
    "slow": f"The database has not answered within {SOON:g} s.",
    "gone": "The database does not answer.",
}


# Why the database does not take what is written, by what it or its driver says, and what to do; the first counts.
CAUSES = (
    (
        r"is locked|lock timeout|lock wait timeout",
        "another process holds its lock. End that one: a backup, a tool, a transaction left open.",
    ),
    (r"is full|disk full|no space left|quota exceeded", "its disk is full. Make room; nothing needs a restart."),
    (r"read-?only", "it may only be read. Give Sitewarden's account the right to write to it."),
    (r"has been at work on a batch", "it is slow, or held by somebody. See what it is at work on, and its disk."),
)
UNKNOWN_CAUSE = "it is gone, or refuses it. See that it is there and runs; the log has its own words."


def reasons_not_written(counters: Counters) -> list[str]:
    """Say why, in sentences that stay as they are while the cause does: how much waits is told beside them."""
    reasons = []
    if counters.database_error:
        reasons.append(f"The database does not take what is received: {cause_of(counters.database_error)}")
    if counters.spool_error:
        reasons.append(
            "Nor can it be kept in the spool on disk: messages wait at their brokers, unacknowledged, until there is"
            " room in the data directory or the database takes them."
        )
    elif counters.is_spooled:
        reasons.append("What is received is kept in the spool on disk until the database has taken it.")
    return reasons


def cause_of(said: str) -> str:
    return next((cause for words, cause in CAUSES if re.search(words, said, re.IGNORECASE)), UNKNOWN_CAUSE)


def dark(database: DatabaseCheck) -> Checks:
    """What there is to say without the actors."""
    return Checks(
        database=database,
        actors=ActorsCheck(status="unavailable"),
        persistence=PersistenceCheck(status="unavailable", unwritten=None, is_spooled=None),
        sites=SitesCheck(status="unavailable", in_trouble=None, codes=[]),
    )
