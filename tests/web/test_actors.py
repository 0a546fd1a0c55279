"""The supervision tree (row B16)."""

from typing import Any

from servers.process import wait_until

from .installation import DEADLINE, Installation


def actors(installation: Installation, user: str = "admin", **filters: object) -> list[Any]:
    results: list[Any] = installation.get("system/actors/", user, params={"page_size": 1000, **filters})["results"]
    return results


def test_every_actor_is_shown_with_its_parent_before_it(installation: Installation) -> None:
    assert wait_until(lambda: installation.status("north")["status"] == "connected", DEADLINE)
    shown = actors(installation)
    paths = [actor["path"] for actor in shown]
    assert len(set(paths)) == len(paths)
    for number, actor in enumerate(shown):
        assert actor["parent"] is None or actor["parent"] in paths[:number]
    top = {actor["kind"] for actor in shown if actor["parent"] is None}
    assert top == {"supervisor", "board", "recorder", "door"}
    north = [actor for actor in shown if actor["site_id"] == installation.ids["north"]]
    kinds = [actor["kind"] for actor in north]
    assert {kind: kinds.count(kind) for kind in kinds} == {"connection": 1, "gateway": 1, "datalogger": 2, "sensor": 3}
    assert {actor["state"] for actor in shown} == {"running"}


def test_a_connection_shows_the_status_of_its_link_and_its_budget(installation: Installation) -> None:
    assert wait_until(lambda: installation.status("north")["status"] == "connected", DEADLINE)
    [connection] = actors(installation, kind="connection", site_id=installation.ids["north"])
    assert connection == {
        "kind": "connection",
        "name": installation.codes["north"],
        "path": f"supervisor/{installation.codes['north']}",
        "parent": "supervisor",
        "site_id": installation.ids["north"],
        "state": "running",
        "status": "connected",
        "restarts": 0,
        "restart_limit": 5,
        "restart_period_seconds": 60.0,
        "last_failure": None,
        "next_retry_at": None,
    }


def test_a_sensor_is_below_its_datalogger(installation: Installation) -> None:
    sensors = actors(installation, kind="sensor", site_id=installation.ids["north"])
    dataloggers = {actor["path"] for actor in actors(installation, kind="datalogger")}
    assert {sensor["parent"] for sensor in sensors} <= dataloggers


def test_who_may_see_a_site_sees_its_actors_and_none_of_the_rest(installation: Installation) -> None:
    assert {actor["site_id"] for actor in actors(installation, "viewer")} == {installation.ids["north"]}
    assert {actor["site_id"] for actor in actors(installation, "stranger")} == {installation.ids["south"]}
    assert actors(installation, "stranger", site_id=installation.ids["north"]) == []


def test_nobody_waits_where_nobody_has_failed(installation: Installation) -> None:
    assert actors(installation, state="waiting_for_restart") == []
    assert actors(installation, state="quarantined") == []


def test_a_state_that_there_is_not_is_refused(installation: Installation) -> None:
    assert installation.ask("GET", "system/actors/", params={"state": "asleep"}).status_code == 400
