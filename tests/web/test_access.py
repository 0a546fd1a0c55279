"""Who may do what, on every route that there is."""

from pathlib import Path
from typing import Any

import pytest
from sitewarden.store.errors import StoreUnavailable
from sitewarden.store.secrets import Secrets
from sitewarden.store.store import Store
from sitewarden.web.access import REMEMBERED_FOR, Caller, Callers

from .installation import API, Installation

BODIES: dict[str, dict[str, Any]] = {
    "label": {"label": "Pier 3"},
    "discovered-topics": {"is_active": True},
    "mqtt/diagnose": {"code": "new", "connection": {"broker_host": "127.0.0.1", "broker_port": 1}},
}
UNKNOWN_ID = 987_654


def operations(installation: Installation) -> list[tuple[str, str]]:
    """Return method and path of every operation of the API, as its own document tells them."""
    paths = installation.get("openapi.json")["paths"]
    return [(method.upper(), path) for path, entry in paths.items() for method in entry]


def north_path(installation: Installation, path: str, id: int | None = None) -> str:
    """Put the ids of things at the site north into a path; `id` instead, if there is one."""
    if "{" not in path:
        return path
    if "/gateways/" in path or "/dataloggers/" in path or "/sensors/" in path:
        kind = "dataloggers" if "by-datalogger" in path else path.split("/")[4]
        known = installation.first(f"monitoring/{kind}/", site_id=installation.ids["north"])["id"]
    else:
        known = installation.ids["north"]
    path = path.replace("{id}", str(id or known))
    if "{topic_id}" in path:
        topics = installation.first(f"mqtt/sites/{installation.ids['north']}/discovered-topics/")
        path = path.replace("{topic_id}", str(topics["id"]))
    return path


def send(installation: Installation, method: str, path: str, user: str | None, **options: Any) -> Any:
    body = next((body for word, body in BODIES.items() if word in path and method != "GET"), None)
    if body is not None:
        options["json"] = body
    return installation.ask(method, path.removeprefix(f"{API}/"), user, **options)


def test_nothing_but_health_answers_without_a_token(installation: Installation) -> None:
    asked = [*operations(installation), ("GET", f"{API}/openapi.json"), ("GET", f"{API}/docs/"), ("GET", f"{API}/no")]
    for method, path in asked:
        answer = send(installation, method, north_path(installation, path), None)
        if path.endswith("system/health"):
            assert answer.status_code == 200
        else:
            assert answer.status_code == 401, (method, path)
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
            assert answer.json["error"]["code"] == "unauthorized"


@pytest.mark.parametrize(
    "header", ["Bearer nonsense", "Basic YTpi", "Bearer", "Bearer ", "nonsense", "Bearer \xff\x00"]
)
def test_a_token_that_nobody_holds_is_refused(installation: Installation, header: str) -> None:
    answer = installation.ask("GET", "sites/", None, headers={"Authorization": header})
    assert answer.status_code == 401
    assert "nonsense" not in answer.text


def test_the_scheme_may_be_written_in_small_letters(installation: Installation) -> None:
    headers = {"Authorization": f"bearer {installation.tokens['viewer']}"}
    assert installation.ask("GET", "sites/", None, headers=headers).status_code == 200


def test_a_viewer_reads_everything_and_changes_nothing(installation: Installation) -> None:
    for method, path in operations(installation):
        answer = send(installation, method, north_path(installation, path), "viewer")
        assert answer.status_code == (200 if method == "GET" else 403), (method, path, answer.text)


def test_what_a_stranger_may_not_see_answers_as_if_it_were_not_there(installation: Installation) -> None:
    for method, path in operations(installation):
        if "{id}" in path:
            foreign = send(installation, method, north_path(installation, path), "stranger")
            unknown = send(installation, method, north_path(installation, path, UNKNOWN_ID), "stranger")
            assert foreign.status_code == unknown.status_code == 404, (method, path)
            assert foreign.content == unknown.content, (method, path)


def test_lists_hold_only_the_callers_sites(installation: Installation) -> None:
    north, south = installation.ids["north"], installation.ids["south"]
    assert [site["id"] for site in installation.get("sites/", "stranger")["results"]] == [south]
    assert [site["id"] for site in installation.get("sites/", "viewer")["results"]] == [north]
    assert installation.get("sites/")["count"] == 2
    assert installation.get("mqtt/connection-status/", "stranger")["count"] == 1
    for kind in ("gateways", "dataloggers", "sensors"):
        path = f"monitoring/{kind}/"
        assert installation.get(path, "stranger")["count"] == 0
        assert installation.get(path, "stranger", params={"site_id": north, "search": "M"})["count"] == 0
        assert installation.get(path, "viewer")["count"] > 0


def test_a_role_that_is_taken_up_counts_at_once(installation: Installation) -> None:
    store, north = installation.store, installation.ids["north"]
    user = store.add_user("newcomer", "a long enough password", is_superuser=False)
    installation.tokens["newcomer"] = store.issue_token(user.id)
    assert installation.get("sites/", "newcomer")["count"] == 0
    store.grant(user.id, north, "viewer")
    assert installation.get("sites/", "newcomer")["count"] == 1


def test_whoever_was_vouched_for_is_known_for_a_while_without_the_database(tmp_path: Path) -> None:
    file = tmp_path / "access.db"
    store = Store(f"sqlite:///{file}", Secrets.load(None, tmp_path / "secret.key"))
    store.migrate()
    token = store.issue_token(store.add_user("anna", "a long enough password", is_superuser=True).id)
    now = 1000.0
    callers = Callers(store, clock=lambda: now)
    anna = callers.find(token)
    assert isinstance(anna, Caller)

    store.close()
    for leftover in tmp_path.glob("access.db*"):
        leftover.unlink()
    file.mkdir()  # where the database was is now something that SQLite cannot open

    now += REMEMBERED_FOR
    assert callers.find(token) == anna
    with pytest.raises(StoreUnavailable):
        callers.find("a token that was never seen")
    now += 1
    with pytest.raises(StoreUnavailable):
        callers.find(token)
