"""Every refusal, in one shape, in one place.

    {"error": {"code": "not_found", "message": "There is no such sensor.", "fields": {}}}

`code` is for programs and does not change; `message` is for people; `fields` says what is wrong with each field of
the query or the body, by its name.

Refusal                    raised by the web tier itself
falcon.HTTPError           raised by falcon: no such address, wrong method, unreadable body
StoreError, ActorsUnavailable
                           raised underneath; `answer_...` below says what becomes of each
"""

import http
import logging
import traceback
from collections.abc import Mapping
from typing import Any

import falcon
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ..actors.errors import ActorsUnavailable
from ..store.errors import NotKnown, StoreUnavailable

log = logging.getLogger("sitewarden.web")

# Seconds. The store and the actors come back by themselves, or not at all: often enough to be unnoticed, rarely
# enough not to hinder them.
RETRY_AFTER = 5

CODES = {
    http.HTTPStatus.BAD_REQUEST: "bad_request",
    http.HTTPStatus.UNAUTHORIZED: "unauthorized",
    http.HTTPStatus.FORBIDDEN: "forbidden",
    http.HTTPStatus.NOT_FOUND: "not_found",
    http.HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    http.HTTPStatus.CONFLICT: "conflict",
    http.HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "content_too_large",
    http.HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "unsupported_media_type",
    http.HTTPStatus.UNPROCESSABLE_ENTITY: "unprocessable_content",
    http.HTTPStatus.TOO_MANY_REQUESTS: "too_many_requests",
    http.HTTPStatus.INTERNAL_SERVER_ERROR: "internal_error",
    http.HTTPStatus.SERVICE_UNAVAILABLE: "unavailable",
}


class ErrorDetail(BaseModel):
    """What is wrong, and with which fields."""

    code: str
    message: str
    fields: dict[str, str] = {}


class ErrorAnswer(BaseModel):
    """The body of every answer from 400 on."""

    error: ErrorDetail


class Refusal(falcon.HTTPError):
    """An answer other than the one that was hoped for. `status` is an HTTP status code."""

    def __init__(
        self,
        status: int,
        message: str,
        fields: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, description=message, headers=dict(headers or {}))
        self.fields = dict(fields or {})


class NotFound(Refusal):
    """There is no such thing, or none that the caller may know of: the two must look the same."""

    def __init__(self, what: str) -> None:
        super().__init__(http.HTTPStatus.NOT_FOUND, f"There is no such {what}.")


class Forbidden(Refusal):
    def __init__(self, message: str) -> None:
        super().__init__(http.HTTPStatus.FORBIDDEN, message)


class Conflict(Refusal):
    def __init__(self, message: str) -> None:
        super().__init__(http.HTTPStatus.CONFLICT, message)


def invalid(status: int, part: str, error: ValidationError) -> Refusal:
    """Refuse a `part` of the request (query, body), naming each field; what was sent is not repeated."""
    fields = {".".join(map(str, problem["loc"])) or part: explain(problem) for problem in error.errors()}
    return Refusal(status, f"The {part} is not valid: {', '.join(fields)}.", fields)


def explain(problem: ErrorDetails) -> str:
    """Say what is wrong in the words of whoever raised it."""
    if problem["type"] == "extra_forbidden":
        return "This name is not known here."
    return problem["msg"].removeprefix("Value error, ")


def write(_request: falcon.Request, response: falcon.Response, error: falcon.HTTPError) -> None:
    """Write any HTTP error in our shape."""
    status = falcon.http_status_to_code(error.status)
    response.content_type = falcon.MEDIA_JSON  # the responder may have begun something else
    response.media = {
        "error": {
            "code": CODES.get(http.HTTPStatus(status), "refused"),
            "message": error.description or f"{http.HTTPStatus(status).phrase}.",
            "fields": error.fields if isinstance(error, Refusal) else {},
        }
    }


def answer_missing(_request: falcon.Request, _response: falcon.Response, _error: Exception, _params: Any) -> None:
    """Something went between the look and the deed."""
    raise NotFound("thing any more")


def answer_unavailable(_request: falcon.Request, _response: falcon.Response, error: Exception, _params: Any) -> None:
    """The reason is logged, not told: it may name hosts and users."""
    log.warning("cannot answer: %s: %s", type(error).__name__, error)
    what = "database" if isinstance(error, StoreUnavailable) else "supervision"
    raise Refusal(
        http.HTTPStatus.SERVICE_UNAVAILABLE,
        f"The {what} does not answer; try again in {RETRY_AFTER} seconds.",
        headers={"Retry-After": str(RETRY_AFTER)},
    )


def answer_unexpected(request: falcon.Request, _response: falcon.Response, error: Exception, _params: Any) -> None:
    """Log where it happened, without the exception's text: that may hold a secret."""
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error("%s %s raised %s\n%s", request.method, request.path, type(error).__name__, where)
    raise Refusal(http.HTTPStatus.INTERNAL_SERVER_ERROR, "This is our fault. The log says where it happened.")


def install(app: "falcon.App[Any, Any]") -> None:
    """Make `app` answer every error in our shape."""
    app.set_error_serializer(write)
    app.add_error_handler(Exception, answer_unexpected)
    app.add_error_handler(StoreUnavailable, answer_unavailable)
    app.add_error_handler(ActorsUnavailable, answer_unavailable)
    app.add_error_handler(NotKnown, answer_missing)
