"""The way of a message: bytes -> strict JSON -> the parser's model -> observations -> what may be stored.

The one place where a message from outside is taken or refused; a message is taken whole or not at all.
"""

import traceback
from typing import Any

from pydantic import ValidationError

from ...store.records import ErrorType
from ..device_time import TimeAbsurd
from .acceptance import accept
from .document import Limits, parse
from .faults import LONGEST_EXCEPTION, FieldInvalid, MessageInvalid, describe
from .observations import Observation
from .parser import Context
from .registry import Route

# Where a payload names the site that it is from (row C9).
SITE_KEYS = ("heart_beat", "site_id")


def read(route: Route, payload: bytes, context: Context, limits: Limits) -> tuple[Observation, ...]:
    """Read a message that came on the topic of `route`. Raises `MessageInvalid`, and nothing else."""
    document = parse(payload, limits)
    check_site(document, context.site_code)
    parser = route.parser
    try:
        observations = parser.observe(parser.model.model_validate(document), route.segments, context)
        return tuple([accept(observation, limits) for observation in observations])
    except ValidationError as error:
        raise MessageInvalid(ErrorType.VALIDATION, describe(error, parser.model), str(error)) from error
    except (FieldInvalid, TimeAbsurd) as error:
        raise MessageInvalid(ErrorType.VALIDATION, str(error), repr(error.__cause__ or error)) from error
    except Exception as error:  # a parser may be anybody's code, and one message of it must not stop a site
        message = f"the parser {parser.name} failed with {type(error).__name__}"
        trace = "".join(traceback.format_exception(error))  # its end tells most
        raise MessageInvalid(ErrorType.UNKNOWN, message, trace[-LONGEST_EXCEPTION:]) from error


def check_site(document: Any, site_code: str) -> None:
    """Refuse a message that says it is another site's. Raises `MessageInvalid`."""
    if not isinstance(document, dict):
        return
    for key in SITE_KEYS:
        named = document.get(key)
        if named is not None and named != site_code:
            raise MessageInvalid(ErrorType.VALIDATION, f"{key}: does not name this site", f"{named!r:.200}")
