"""Strict JSON: from the bytes of a message to a document that is safe to look at and to keep.

Safe means: every number is finite, no text has a control character, no list is longer and nothing is nested deeper
than the limits allow. Of a key that comes twice the last one counts (RFC 8259 section 4 leaves that open).
"""

import re
from typing import Any, NamedTuple

from pydantic_core import from_json

from ...store.records import ErrorType
from .faults import MessageInvalid


class Limits(NamedTuple):
    """How much one message may hold (row C5)."""

    payload_bytes: int = 262_144  # before anything is parsed: parsing 100 MB takes 9 s
    list_length: int = 2_000  # the largest site has some hundreds of sensors
    nesting: int = 16  # the deepest form that is met in the field has 5
    channels: int = 64  # of one reading; the largest sensor met has 11
    metadata_bytes: int = 8_192  # as JSON; what is beyond is left out, for it is stored with every change


NOT_FINITE = "a number is NaN, infinite or too large"

# C0, DEL and C1: never part of a name or a number, and an attack where a text is shown in a terminal.
has_control_character = re.compile("[\x00-\x1f\x7f-\x9f]").search


def parse(payload: bytes, limits: Limits) -> Any:
    """Read the JSON document of a message. Raises `MessageInvalid`."""
    if len(payload) > limits.payload_bytes:
        raise MessageInvalid(
            ErrorType.VALIDATION, f"payload: larger than {limits.payload_bytes} bytes", f"{len(payload)} bytes"
        )
    try:
        document = from_json(payload, allow_inf_nan=False)
    except ValueError as error:
        raise unreadable(payload, error, limits) from error
    # JSON has control characters only escaped, except for those that UTF-8 writes in two bytes, and DEL.
    is_plain = payload.isascii() and b"\\" not in payload and b"\x7f" not in payload
    check(document, limits, is_plain)
    return document


def unreadable(payload: bytes, error: ValueError, limits: Limits) -> MessageInvalid:
    """Say why bytes are no JSON; this is off the good path, so it may take its time."""
    if not payload.strip():
        return MessageInvalid(ErrorType.PARSE, "payload: empty")
    try:
        payload.decode()
    except UnicodeDecodeError as undecodable:
        return MessageInvalid(ErrorType.PARSE, "payload: not UTF-8", str(undecodable))
    if "recursion limit" in str(error):
        return MessageInvalid(ErrorType.VALIDATION, too_deep(limits), str(error))
    if "number out of range" in str(error) or is_json_but_for_nan(payload):
        return MessageInvalid(ErrorType.VALIDATION, f"payload: {NOT_FINITE}", str(error))
    return MessageInvalid(ErrorType.PARSE, "payload: not JSON", str(error))


def too_deep(limits: Limits) -> str:
    return f"payload: nested deeper than {limits.nesting}"


def is_json_but_for_nan(payload: bytes) -> bool:
    try:
        from_json(payload, allow_inf_nan=True)
    except ValueError:
        return False
    return True


def check(document: Any, limits: Limits, is_plain: bool) -> None:
    """Look at every container, level by level, so that hostile nesting costs no stack. Raises `MessageInvalid`.

    `is_plain` tells that no text can hold a control character, so none is searched.
    """
    level: list[Any] = [[document]]
    for _ in range(limits.nesting + 1):
        below: list[Any] = []
        for container in level:
            if type(container) is dict:
                values = container.values()
                if not is_plain:
                    check_texts(container)
            else:
                values = container
                if len(container) > limits.list_length:
                    raise MessageInvalid(ErrorType.VALIDATION, f"payload: a list is longer than {limits.list_length}")
            if not is_plain:
                check_texts(values)
            # Texts and finite floats need no further look and are most of a payload. Infinity minus itself is NaN,
            # which is true; the JSON reader gives infinity for 1e999, whatever it is told.
            for value in [
                value for value in values if (value - value if type(value) is float else type(value) is not str)
            ]:
                if type(value) is dict or type(value) is list:
                    below.append(value)
                elif type(value) is float:
                    raise MessageInvalid(ErrorType.VALIDATION, f"payload: {NOT_FINITE}")
        if not below:
            return
        level = below
    raise MessageInvalid(ErrorType.VALIDATION, too_deep(limits))


def check_texts(texts: Any) -> None:
    for text in texts:
        if type(text) is str and has_control_character(text):
            raise MessageInvalid(ErrorType.VALIDATION, "payload: a text has a control character")
