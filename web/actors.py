"""The supervision tree: what runs, what has failed, and when it is tried again (row B16)."""

from typing import Literal

import falcon
from pydantic import BaseModel, Field

from ..actors.messages import ActorReport
from ..store.records import Status
from .access import Caller, caller_of
from .contract import operation
from .live import Live
from .paging import LARGEST_ID, Page, PageQuery, paged
from .times import Time

ActorKind = Literal["supervisor", "board", "recorder", "door", "connection", "gateway", "datalogger", "sensor"]
ActorState = Literal["running", "waiting_for_restart", "quarantined"]


class FailureView(BaseModel):
    """What an actor failed of, the last time."""

    at: Time
    message: str


class ActorView(BaseModel):
    """A part of the running system that can fail without the others."""

    kind: ActorKind
    name: str
    path: str = Field(description="names from the top down")
    parent: str | None = Field(description="path of the one that begins it again when it fails; null at the top")
    site_id: int | None
    state: ActorState
    status: Status | None = Field(description="of a connection: what its link does")
    restarts: int = Field(description="within the period")
    restart_limit: int = Field(description="past it the failure is the parent's; 0: the process ends with it")
    restart_period_seconds: float
    last_failure: FailureView | None
    next_retry_at: Time | None = Field(description="when it is begun again, or its link is dialled again")


class ActorPage(Page[ActorView]):
    """Actors, each after its parent."""


class ActorQuery(PageQuery):
    """Which actors."""

    site_id: int | None = Field(None, ge=1, le=LARGEST_ID)
    kind: ActorKind | None = None
    state: ActorState | None = None


class ActorTree:
    """`system/actors/`"""

    def __init__(self, live: Live) -> None:
        self.live = live

    @operation()
    def on_get(self, request: falcon.Request, _response: falcon.Response, query: ActorQuery) -> ActorPage:
        """List what runs. What belongs to no site is shown to superusers alone."""
        caller = caller_of(request)
        actors = [
            report
            for report in self.live.actor_tree(query.site_id)
            if is_seen(caller, report) and query.kind in (None, report.kind) and query.state in (None, report.state)
        ]
        return paged(ActorPage, request, query, actors, view_of)


def is_seen(caller: Caller, report: ActorReport) -> bool:
    return caller.user.is_superuser if report.site_id is None else caller.sees(report.site_id)


def view_of(report: ActorReport) -> ActorView:
    last_failure = None if report.failed_at is None else FailureView(at=report.failed_at, message=report.failure)
    return ActorView(**report._asdict(), last_failure=last_failure)
