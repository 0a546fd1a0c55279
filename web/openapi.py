"""The OpenAPI 3.1 document, made from the routes and the signatures of their responders.

Spectree would make it too, but its offline pages cost 40 MB of memory in every process as soon as it is imported, and
it validates queries and bodies with one status for both.
"""

import http
import re
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Any

import falcon
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema
from pydantic_core import to_json

from .contract import Operation, operation_of
from .errors import ErrorAnswer
from .paging import LARGEST_ID
from .routes import Route

METHODS = ("get", "post", "put", "patch", "delete")
PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")
Json = dict[str, Any]


class OpenApi:
    """`openapi.json`"""

    def __init__(self, routes: Sequence[Route], public: frozenset[str]) -> None:
        self.document = to_json(document(routes, public))

    def on_get(self, _request: falcon.Request, response: falcon.Response) -> None:
        response.content_type = falcon.MEDIA_JSON
        response.data = self.document


def document(routes: Sequence[Route], public: frozenset[str]) -> Json:
    """Describe every route that has a contract. `public` paths (without closing slash) need no token."""
    described = list(operations(routes))
    schemas = Schemas([promise for _, _, promise in described])
    paths: Json = {}
    for path, method, promise in described:
        entry = describe(path, method, promise, schemas)
        if path.rstrip("/") in public:
            entry["security"] = []
            entry["responses"].pop("401")
        paths.setdefault(path, {})[method] = entry
    return {
        "openapi": "3.1.0",
        "info": {"title": "Sitewarden", "version": version("sitewarden")},
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def operations(routes: Sequence[Route]) -> Iterator[tuple[str, str, Operation]]:
    """Yield path, method and contract of everything that can be asked."""
    for route in routes:
        for method in METHODS:
            name = f"on_{method}_{route.suffix}" if route.suffix else f"on_{method}"
            promise = operation_of(getattr(route.resource, name, None))
            if promise is not None:
                yield PARAMETER.sub(r"{\1}", route.path), method, promise


class Schemas:
    """The JSON schemas of all models, each once."""

    def __init__(self, promises: Sequence[Operation]) -> None:
        models: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {(ErrorAnswer, "serialization"): None}
        for promise in promises:
            models[(promise.query, "validation")] = None
            if promise.body is not None:
                models[(promise.body, "validation")] = None
            if promise.answer is not None:
                models[(promise.answer, "serialization")] = None
        self.references, definitions = models_json_schema(list(models), ref_template="#/components/schemas/{model}")
        self.components: Json = definitions["$defs"]
        # Queries are told as parameters; as schemas of their own they would only be in the way.
        self.queries = {
            model: self.components.pop(reference["$ref"].rpartition("/")[2])
            for (model, mode), reference in self.references.items()
            if model in {promise.query for promise in promises}
        }

    def content(self, model: type[BaseModel], mode: JsonSchemaMode) -> Json:
        return {falcon.MEDIA_JSON: {"schema": self.references[model, mode]}}

    def parameters(self, query: type[BaseModel]) -> list[Json]:
        properties = self.queries[query].get("properties", {})
        return [
            {
                "name": name,
                "in": "query",
                "required": False,
                "description": schema.get("description", ""),
                "schema": {key: value for key, value in schema.items() if key not in ("title", "description")},
            }
            for name, schema in properties.items()
        ]


def describe(path: str, method: str, promise: Operation, schemas: Schemas) -> Json:
    """Describe one operation; its group is what stands behind the version in its path."""
    names = PARAMETER.findall(path)
    segments = [segment for segment in path.split("/") if segment and not segment.startswith("{")]
    row_id = {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}
    in_path = [{"name": name, "in": "path", "required": True, "schema": row_id} for name in names]
    entry: Json = {
        "summary": promise.summary,
        "operationId": "_".join([method, *segments[2:], *names]).replace("-", "_"),
        "tags": ["/".join(segments[2:4]) if segments[2] == "monitoring" else segments[2]],
        "parameters": in_path + schemas.parameters(promise.query),
        "responses": {str(int(status)): answer(promise, schemas, status) for status in promise.statuses},
    }
    refused = {400, 401, 503, *promise.refusals}
    if names:
        refused.add(404)
    if promise.body is not None:
        refused |= {413, 415, 422}
        needed = any(field.is_required() for field in promise.body.model_fields.values())
        entry["requestBody"] = {"required": needed, "content": schemas.content(promise.body, "validation")}
    for status in sorted(refused - set(promise.statuses)):
        entry["responses"][str(int(status))] = {
            "description": phrase(status),
            "content": schemas.content(ErrorAnswer, "serialization"),
        }
    return entry


def answer(promise: Operation, schemas: Schemas, status: int) -> Json:
    described: Json = {"description": phrase(status)}
    if promise.answer is not None:
        described["content"] = schemas.content(promise.answer, "serialization")
    return described


def phrase(status: int) -> str:
    return http.HTTPStatus(status).phrase
