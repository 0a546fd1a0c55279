"""Refusals: one shape, the right status, and the field named."""

from typing import Any

import pytest

from .installation import Installation


def error_of(answer: Any, status: int, code: str) -> Any:
    assert answer.status_code == status, answer.text
    error = answer.json["error"]
    assert error["code"] == code
    assert error["message"]
    assert set(error) == {"code", "message", "fields"}
    return error


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page=0", "page"),
        ("page=x", "page"),
        ("page=99999999999999999999", "page"),
        ("page=1&page=2", "page"),
        ("page_size=1001", "page_size"),
        ("ordering=password", "ordering"),
        ("ordering=", "ordering"),
        ("colour=red", "colour"),
        ("is_active=perhaps", "is_active"),
        ("search=" + "x" * 300, "search"),
    ],
)
def test_a_query_that_is_not_valid_is_refused_by_the_name_of_the_field(
    installation: Installation, query: str, field: str
) -> None:
    answer = installation.ask("GET", "sites/", query_string=query)
    assert set(error_of(answer, 400, "bad_request")["fields"]) == {field}


def test_a_query_where_none_is_known_is_refused_too(installation: Installation) -> None:
    answer = installation.ask("GET", f"sites/{installation.ids['north']}/", query_string="page=1")
    assert set(error_of(answer, 400, "bad_request")["fields"]) == {"page"}


def test_an_order_that_is_not_known_is_answered_with_those_that_are(installation: Installation) -> None:
    answer = installation.ask("GET", "monitoring/sensors/", query_string="ordering=colour")
    assert "'-label'" in error_of(answer, 400, "bad_request")["fields"]["ordering"]


def put_label(installation: Installation, body: bytes, content_type: str | None = "application/json") -> Any:
    id = installation.first("monitoring/sensors/")["id"]
    headers = {"Content-Type": content_type} if content_type else {}
    return installation.ask("PUT", f"monitoring/sensors/{id}/label/", body=body, headers=headers)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"nonsense",
        b"\xff",
        b'{"label": NaN}',
        b"[" * 60_000,
        b'{"label": ' + b"9" * 5000 + b"x}",
        b"\xef\xbb\xbf{}",
    ],
)
def test_a_body_that_is_no_json_is_refused(installation: Installation, body: bytes) -> None:
    error_of(put_label(installation, body), 400, "bad_request")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{}", "label"),
        (b"", "label"),
        (b'{"label": 7}', "label"),
        (b'{"label": "a\\u0000b"}', "label"),
        (b'{"label": "x", "site_id": 2}', "site_id"),
        (b'{"label": "x", "is_deleted": true}', "is_deleted"),
    ],
)
def test_a_body_of_the_wrong_shape_is_refused_by_the_name_of_the_field(
    installation: Installation, body: bytes, field: str
) -> None:
    error = error_of(put_label(installation, body), 422, "unprocessable_content")
    assert set(error["fields"]) == {field}


@pytest.mark.parametrize("body", [b"[]", b"null", b"7", b'"label"'])
def test_a_body_that_is_no_object_is_told_so(installation: Installation, body: bytes) -> None:
    error = error_of(put_label(installation, body), 422, "unprocessable_content")
    assert error["message"] == error["fields"]["body"] == "The body must be a JSON object."


def test_what_was_sent_is_not_repeated(installation: Installation) -> None:
    answer = put_label(installation, b'{"label": 7, "password": "canary-in-the-body"}')
    assert "canary" not in answer.text


def test_a_body_that_is_too_large_is_refused(installation: Installation) -> None:
    error_of(put_label(installation, b'{"label": "%s"}' % (b"x" * 100_000)), 413, "content_too_large")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_another_content_type_is_refused(installation: Installation, content_type: str) -> None:
    error_of(put_label(installation, b'{"label": "x"}', content_type), 415, "unsupported_media_type")


def test_another_method_is_refused_with_those_that_are_known(installation: Installation) -> None:
    answer = installation.ask("DELETE", "sites/")
    error_of(answer, 405, "method_not_allowed")
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize(
    "path", ["nothing/", "sites/0/", "sites/01/", "sites/1%2f2/", "sites/99999999999999/", "../sites"]
)
def test_an_address_where_nothing_is_answers_404(installation: Installation, path: str) -> None:
    error_of(installation.ask("GET", path), 404, "not_found")


def test_every_address_answers_with_and_without_its_closing_slash(installation: Installation) -> None:
    assert installation.get("sites/") == installation.get("sites")
    assert installation.get("system/health/")["status"] == installation.get("system/health")["status"]
