"""Connections looked at on demand, as they are saved or before they are (row B15)."""

import http
import logging
from collections.abc import Sequence
from contextlib import suppress
from threading import BoundedSemaphore
from typing import Self

import falcon
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ..actors.diagnosis import Limits, diagnose, is_fine
from ..actors.stages import Outcome, Stage
from ..actors.trial import PasswordNeeded, changed, password_of, trial_of
from ..config.settings import Settings
from ..store.drafts import ConnectionDraft, SiteDraft
from ..store.errors import SecretUnreadable, StoreUnavailable
from ..store.records import ConnectionRecord
from ..store.store import Store
from .access import Caller, caller_of
from .contract import operation
from .errors import RETRY_AFTER, Conflict, Forbidden, Refusal, invalid
from .fleet import Fleet

log = logging.getLogger("sitewarden.web")

FILES = ("tls_ca_file", "tls_certificate_file", "tls_key_file")
REFUSALS = (http.HTTPStatus.FORBIDDEN, http.HTTPStatus.CONFLICT, http.HTTPStatus.TOO_MANY_REQUESTS)


class ConnectionTrial(ConnectionDraft):
    """What to try instead of the saved connection: a field that is left out is as saved."""

    broker_host: str = ""

    @model_validator(mode="after")
    def check_together(self) -> Self:
        """What does not go together is found once the saved fields are there."""
        return self


class StageView(BaseModel):
    """What one stage found."""

    model_config = ConfigDict(from_attributes=True)

    name: str = Field(description="dns, tcp, tls, connack, suback (one for each filter) or data")
    outcome: Outcome
    seconds: float = Field(description="how long it took")
    result: str = Field(description="what is so, in words")
    advice: str = Field(description="what to do about it; empty if there is nothing to do")


class DiagnosisView(BaseModel):
    """A connection, stage by stage. After a failure the rest is skipped."""

    ok: bool = Field(description="nothing failed; there may be warnings")
    stages: list[StageView]


class Diagnosis:
    """`mqtt/sites/{id}/diagnose/` and, for a site that is not there yet, `mqtt/diagnose/`

    A diagnosis runs in the thread of its request; `diagnosis.at_once` of them leave the others to everybody else.
    """

    def __init__(self, store: Store, fleet: Fleet, settings: Settings) -> None:
        self.store = store
        self.fleet = fleet
        self.settings = settings
        self.installation_id = ""
        self.places = BoundedSemaphore(settings.diagnosis.at_once)

    @operation(refuses=REFUSALS)
    def on_post(
        self, request: falcon.Request, _response: falcon.Response, id: int, body: ConnectionTrial
    ) -> DiagnosisView:
        """Look at a site's connection as it is saved, or with the fields of the body in place of the saved ones."""
        caller = caller_of(request)
        saved = self.fleet.operated_site(caller, id)
        try:
            draft = changed(saved, {name: getattr(body, name) for name in body.model_fields_set})
        except ValidationError as error:
            raise invalid(http.HTTPStatus.UNPROCESSABLE_ENTITY, "body", error) from error
        must_name_no_file(caller, draft.connection, saved.connection)
        return self.look(caller, draft, saved.connection)

    @operation(refuses=(REFUSALS[0], REFUSALS[2]))
    def on_post_new(self, request: falcon.Request, _response: falcon.Response, body: SiteDraft) -> DiagnosisView:
        """Look at the connection of a site that is not there yet, written as in a fleet file. For superusers."""
        caller = caller_of(request)
        if not caller.user.is_superuser:
            raise Forbidden("Only a superuser may try the connection of a new site.")
        return self.look(caller, body, None)

    def look(self, caller: Caller, draft: SiteDraft, saved: ConnectionRecord | None) -> DiagnosisView:
        settings, connection = self.settings, draft.connection
        try:
            password = password_of(connection, saved, self.store.secrets)
        except PasswordNeeded as error:
            problem = {"password": str(error)}
            raise Refusal(http.HTTPStatus.UNPROCESSABLE_ENTITY, "The body is not valid: password.", problem) from error
        except SecretUnreadable as error:
            raise Conflict(f"The saved password cannot be used: {error}.") from error
        trial = trial_of(draft, password, self.installation(), settings.mqtt)
        limits = Limits(settings.mqtt.connect_timeout, settings.diagnosis.listen, settings.diagnosis.timeout)
        if not self.places.acquire(blocking=False):
            raise Refusal(
                http.HTTPStatus.TOO_MANY_REQUESTS,
                f"{settings.diagnosis.at_once} connections are being looked at already; try again when they are done.",
                headers={"Retry-After": str(RETRY_AFTER)},
            )
        try:
            log.info("%s looks at %s:%s for %s", caller.user.name, trial.target.host, trial.target.port, draft.code)
            return in_view(list(diagnose(trial, limits)))
        finally:
            self.places.release()

    def installation(self) -> str:
        """Return the installation's id, empty while the database is away: it is only a part of what we say."""
        with suppress(StoreUnavailable):
            self.installation_id = self.installation_id or self.store.installation_id()
        return self.installation_id


def must_name_no_file(caller: Caller, draft: ConnectionDraft, saved: ConnectionRecord) -> None:
    """Raise `Forbidden` where somebody but a superuser would have us read other files of this machine."""
    for name in FILES:
        if getattr(draft, name) not in ("", getattr(saved, name)) and not caller.user.is_superuser:
            raise Forbidden(f"Only a superuser may name files of this machine, as {name} does.")


def in_view(stages: Sequence[Stage]) -> DiagnosisView:
    return DiagnosisView(ok=is_fine(stages), stages=[StageView.model_validate(stage) for stage in stages])
