"""A responder's signature is its contract.

    @operation()
    def on_get(self, request, response, id: int, query: SensorQuery) -> SensorPage: ...

`query` and `body` are read and validated before the responder runs, and what it returns is its answer. The OpenAPI
document is made from the same signatures (`openapi.py`), so that the two cannot disagree.
"""

import http
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, get_type_hints

import falcon
from pydantic import BaseModel, ValidationError

from . import media
from .errors import invalid
from .paging import Query

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Operation:
    """What a responder takes and gives."""

    summary: str
    query: type[BaseModel]
    body: type[BaseModel] | None
    answer: type[BaseModel] | None
    statuses: tuple[int, ...]
    refusals: tuple[int, ...]


def operation(
    *statuses: int, refuses: tuple[int, ...] = ()
) -> Callable[[Callable[..., BaseModel | None]], Callable[..., None]]:
    """Make a responder of a method that returns its answer.

    `statuses` are those of a good answer, the usual one first (200 if none is given); `refuses` those that are not
    said of every operation: 403, 409 and such.
    """

    def declare(method: Callable[..., BaseModel | None]) -> Callable[..., None]:
        hints = get_type_hints(method)
        answers = hints["return"]
        promise = Operation(
            summary=inspect.getdoc(method) or "",
            query=hints.get("query", Query),
            body=hints.get("body"),
            answer=None if answers is type(None) else answers,
            statuses=statuses or (http.HTTPStatus.OK,),
            refusals=refuses,
        )

        @wraps(method)
        def respond(resource: object, request: falcon.Request, response: falcon.Response, **params: Any) -> None:
            query = read(promise.query, request.params, http.HTTPStatus.BAD_REQUEST, "query")
            if "query" in hints:
                params["query"] = query
            if promise.body is not None:
                params["body"] = read(promise.body, media.read(request), http.HTTPStatus.UNPROCESSABLE_ENTITY, "body")
            response.status = promise.statuses[0]
            answer = method(resource, request, response, **params)
            if answer is not None:
                response.content_type = falcon.MEDIA_JSON
                response.data = answer.model_dump_json().encode()

        respond.operation = promise  # type: ignore[attr-defined]
        return respond

    return declare


def read(model: type[Model], values: Any, status: int, part: str) -> Model:
    """Validate a `part` of the request. Raises a `Refusal` with `status`."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise invalid(status, part, error) from error


def operation_of(responder: object) -> Operation | None:
    """Return the contract of a responder, None if it has none (a page, falcon's own)."""
    promise: Operation | None = getattr(responder, "operation", None)
    return promise
