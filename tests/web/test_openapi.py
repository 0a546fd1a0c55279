"""The OpenAPI document: complete, sound, and nothing in it or its page comes from elsewhere."""

import json
import re
from typing import Any

import pytest

from .installation import API, Installation


@pytest.fixture(scope="module")
def document(installation: Installation) -> Any:
    return installation.get("openapi.json")


def test_every_reference_leads_somewhere(document: Any) -> None:
    schemas = document["components"]["schemas"]
    references = set(re.findall(r'"\$ref": "([^"]*)"', json.dumps(document)))
    assert references
    for reference in references:
        assert reference.removeprefix("#/components/schemas/") in schemas


def test_names_of_schemas_are_those_that_openapi_allows(document: Any) -> None:
    for name in document["components"]["schemas"]:
        assert re.fullmatch(r"[A-Za-z0-9._-]+", name)


def test_every_operation_has_a_name_of_its_own_and_tells_its_refusals(document: Any) -> None:
    names = []
    for path, entry in document["paths"].items():
        for method, operation in entry.items():
            names.append(operation["operationId"])
            assert operation["summary"]
            told = operation["responses"].keys()
            assert any(status.startswith("2") for status in told)
            if "{" in path:
                assert "404" in told
            if method in ("put", "patch"):
                assert {"403", "413", "415", "422"} <= told
            assert ("401" in told) == ("security" not in operation)
    assert len(names) == len(set(names))


def test_the_document_knows_the_routes_of_the_spec(document: Any) -> None:
    for path in (
        *("sites/", "sites/{id}/", "mqtt/connection-status/", "mqtt/sites/{id}/status/", "mqtt/sites/{id}/start/"),
        *("mqtt/sites/{id}/stop/", "mqtt/sites/{id}/restart/", "mqtt/sites/{id}/force-discovery/"),
        *("monitoring/gateways/", "monitoring/dataloggers/{id}/", "monitoring/sensors/by-datalogger/{id}/"),
        *("monitoring/sensors/{id}/readings/", "monitoring/sensors/{id}/label/", "system/health"),
    ):
        assert f"{API}/{path}" in document["paths"]


def test_parameters_tell_their_limits(document: Any) -> None:
    parameters = {
        parameter["name"]: parameter["schema"]
        for parameter in document["paths"][f"{API}/monitoring/sensors/"]["get"]["parameters"]
    }
    assert parameters["page_size"]["maximum"] == 1000
    assert "availability" in parameters
    assert "-label" in json.dumps(parameters["ordering"])
    [id] = document["paths"][f"{API}/sites/{{id}}/"]["get"]["parameters"]
    assert (id["in"], id["schema"]["type"]) == ("path", "integer")


def test_answers_hold_what_the_document_promises(installation: Installation, document: Any) -> None:
    promised = document["components"]["schemas"]["SensorView"]
    sensor = installation.first("monitoring/sensors/")
    assert sensor.keys() == promised["properties"].keys()
