"""JSON in and out.

Falcon's own handler answers 500 to deep nesting, lets NaN in and writes it out again, which no browser parses.
"""

import http
from typing import Any

import falcon
from falcon.media import Handlers, JSONHandler
from pydantic_core import from_json, to_json

from .errors import Refusal

# Bytes. The largest body that we take is a label; waitress's own limit (`server.py`) is for what never gets here.
LARGEST_BODY = 64 * 1024


class StrictJson(JSONHandler):
    """JSON as RFC 8259 has it: UTF-8, no NaN, and nested no deeper than pydantic goes (200)."""

    def __init__(self) -> None:
        super().__init__(dumps=to_json, loads=loads)


def loads(text: str) -> Any:
    return from_json(text, allow_inf_nan=False)


def read(request: falcon.Request) -> dict[str, Any]:
    """Return the body's JSON object, an empty one where there is no body.

    Raises HTTP errors: 400 for what is not JSON, 413 for too much, 415 for another content type, 422 for JSON that is
    no object.
    """
    if not request.content_length:
        return {}
    if request.content_length > LARGEST_BODY:
        raise falcon.HTTPContentTooLarge(description=f"The body may have {LARGEST_BODY} bytes at most.")
    body = request.get_media()
    if not isinstance(body, dict):
        problem = "The body must be a JSON object."
        raise Refusal(http.HTTPStatus.UNPROCESSABLE_ENTITY, problem, {"body": problem})
    return body


def handlers() -> Handlers:
    """Return what falcon shall know of media types: JSON, and nothing else."""
    return Handlers({falcon.MEDIA_JSON: StrictJson()})
