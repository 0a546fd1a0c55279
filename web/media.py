"""JSON in and out.

Falcon's own handler answers 500 to deep nesting, lets NaN in and writes it out again, which no browser parses.
"""

from typing import Any

import falcon
from falcon.media import Handlers, JSONHandler
from pydantic_core import from_json, to_json

# Bytes. The largest body that we take is a label; waitress's own limit (`server.py`) is for what never gets here.
LARGEST_BODY = 64 * 1024


class StrictJson(JSONHandler):
    """JSON as RFC 8259 has it: UTF-8, no NaN, and nested no deeper than pydantic goes (200)."""

    def __init__(self) -> None:
        super().__init__(dumps=to_json, loads=loads)


def loads(text: str) -> Any:
    return from_json(text, allow_inf_nan=False)


def read(request: falcon.Request) -> Any:
    """Return the body as JSON values, an empty object where there is none.

    Raises falcon's HTTP errors: 400 for what is not JSON, 413 for too much, 415 for another content type.
    """
    if not request.content_length:
        return {}
    if request.content_length > LARGEST_BODY:
        raise falcon.HTTPContentTooLarge(description=f"The body may have {LARGEST_BODY} bytes at most.")
    return request.get_media()


def handlers() -> Handlers:
    """Return what falcon shall know of media types: JSON, and nothing else."""
    return Handlers({falcon.MEDIA_JSON: StrictJson()})
