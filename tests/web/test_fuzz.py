"""Whatever is sent, the answer is never 500, and every refusal has its shape."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .installation import API, Installation

# The installation is shared by all examples on purpose: nothing that is refused may change it.
fuzzed = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

LISTS = (
    *("sites/", "mqtt/connection-status/", "monitoring/gateways/", "monitoring/dataloggers/", "monitoring/sensors/"),
    *(f"mqtt/sites/1/{name}/" for name in ("topics", "discovered-topics", "connection-logs", "parsing-logs")),
)
NAMES = ("page", "page_size", "ordering", "search", "site_id", "datalogger_id", "availability", "is_online", "deleted")
VALUES = st.one_of(st.integers().map(str), st.floats().map(str), st.text(max_size=20), st.sampled_from(["-id", "true"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)
BODIES = st.one_of(
    st.binary(max_size=200),
    JSON.map(json.dumps).map(str.encode),
    st.fixed_dictionaries({"label": JSON}).map(json.dumps).map(str.encode),
    st.fixed_dictionaries({"is_active": JSON}, optional={"id": JSON}).map(json.dumps).map(str.encode),
)


def check(answer: Any) -> None:
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert set(answer.json["error"]) == {"code", "message", "fields"}


@fuzzed
@given(path=st.sampled_from(LISTS), name=st.sampled_from(NAMES) | st.text(max_size=10), value=VALUES)
def test_no_query_breaks_a_list(installation: Installation, path: str, name: str, value: str) -> None:
    check(installation.ask("GET", path, params={name: value}))


@fuzzed
@given(path=st.sampled_from(LISTS), query=st.binary(max_size=60))
def test_no_bytes_behind_the_question_mark_break_a_list(installation: Installation, path: str, query: bytes) -> None:
    check(installation.ask("GET", path, query_string=query.decode("latin-1").replace("#", "").lstrip("?")))


@fuzzed
@given(body=BODIES, content_type=st.sampled_from(["application/json", "application/json; charset=utf-16", "x", ""]))
def test_no_body_breaks_a_change(installation: Installation, body: bytes, content_type: str) -> None:
    sensor = installation.first("monitoring/sensors/")["id"]
    topic = installation.first(f"mqtt/sites/{installation.ids['north']}/discovered-topics/")["id"]
    headers = {"Content-Type": content_type}
    for method, path in (
        ("PUT", f"monitoring/sensors/{sensor}/label/"),
        ("PATCH", f"mqtt/sites/{installation.ids['north']}/discovered-topics/{topic}/"),
    ):
        check(installation.ask(method, path, body=body, headers=headers))


@fuzzed
@given(
    rest=st.text(st.characters(codec="utf-8", exclude_characters="?#"), max_size=40),
    method=st.sampled_from(["GET", "POST"]),
)
def test_no_address_breaks_the_routes(installation: Installation, rest: str, method: str) -> None:
    path = f"{API}/monitoring/sensors/{rest}"
    headers = {"Authorization": f"Bearer {installation.tokens['viewer']}"}
    check(installation.client.simulate_request(method, path, headers=headers))


@fuzzed
@given(header=st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=60))
def test_no_authorization_breaks_the_door(installation: Installation, header: str) -> None:
    answer = installation.ask("GET", "sites/", None, headers={"Authorization": header})
    assert answer.status_code == 401
