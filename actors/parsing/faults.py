"""Why a message was refused.

Rows of the parsing log fold when their texts are equal, so a text names the field and the fault and never a value:
list positions and keys that the sender made up become `*`.
"""

from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.errors import PydanticInvalidForJsonSchema

from ...store.records import ErrorType

LONGEST_EXCEPTION = 2_000  # characters; the log wants the first cause, not an echo of the payload

# pydantic begins the text of a `ValueError` that one of our own validators raised with this.
OWN_ERROR = "Value error, "


class MessageInvalid(Exception):
    """A message cannot be used and changes nothing (row C7).

    `message` is equal for equal faults; `exception` is the detail for whoever looks for the cause.
    """

    def __init__(self, error_type: ErrorType, message: str, exception: str = "") -> None:
        super().__init__(f"{error_type}: {message}")
        self.error_type = error_type
        self.message = message
        self.exception = exception[:LONGEST_EXCEPTION]


class FieldInvalid(ValueError):
    """A field holds what it may not hold; raised by a parser for what its model cannot check.

    `path` names the field, with `*` for list positions (`sensors_last_data.*.ts`), `reason` the fault without a value.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")


def describe(error: ValidationError, model: type[BaseModel]) -> str:
    """Say what a model found first, such as `sensors_last_data.*.device_name: Field required`."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    known = field_names(model)
    path = ".".join(part if isinstance(part, str) and part in known else "*" for part in first["loc"])
    # pydantic's own words name the model's class, which says nothing to whoever reads the log.
    fault = "not an object" if first["type"] == "model_type" else first["msg"].removeprefix(OWN_ERROR)
    return f"{path or 'payload'}: {fault}"


@lru_cache(maxsize=256)
def field_names(model: type[BaseModel]) -> frozenset[str]:
    """Give the names that a model and the models within it have for their fields; any other key is the sender's."""
    try:
        schema = model.model_json_schema()
    except PydanticInvalidForJsonSchema:
        # A model may hold a type that JSON Schema has no word for; its outer fields are still known.
        return frozenset(model.model_fields)
    return frozenset(property_names(schema))


def property_names(schema: dict[str, Any]) -> set[str]:
    names = set(schema.get("properties", ()))
    for definition in schema.get("$defs", {}).values():
        names.update(definition.get("properties", ()))
    return names
