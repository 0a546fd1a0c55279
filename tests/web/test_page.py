"""The live page and the documentation, as a browser gets them."""

import re

import pytest
from sitewarden.web.files import page_routes

from .installation import Installation

PATHS = [route.path for route in page_routes()]


@pytest.mark.parametrize("path", PATHS)
def test_a_file_of_the_page_needs_no_token_and_may_load_nothing_from_elsewhere(
    installation: Installation, path: str
) -> None:
    answer = installation.client.simulate_get(path)
    assert answer.status_code == 200
    assert answer.content
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "'unsafe-inline'" not in answer.headers["Content-Security-Policy"].split("style-src")[0]


@pytest.mark.parametrize("path", [path for path in PATHS if "swagger" not in path and "icon" not in path])
def test_our_files_name_no_other_host_and_make_no_markup_of_text(installation: Installation, path: str) -> None:
    text = installation.client.simulate_get(path).text
    assert re.findall(r"https?://[^\s\"']+", text.replace("http://www.w3.org/2000/svg", "")) == []
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|\son\w+=", text)


def test_every_file_that_the_page_asks_for_is_there(installation: Installation) -> None:
    for path in PATHS:
        if path.endswith((".js", "/", "/docs")) and "swagger" not in path:
            text = installation.client.simulate_get(path).text
            wanted = re.findall(r'(?:src|href)="(/page/[^"]+)"', text)
            wanted += [f"/page/{name}" for name in re.findall(r'from "\./([^"]+)"', text)]
            assert set(wanted) <= set(PATHS)


@pytest.mark.parametrize(
    "path", ["/page/../app.py", "/page/%2e%2e/app.py", "/page/", "/page/page.js%00", "/page//etc/passwd"]
)
def test_no_other_file_can_be_had(installation: Installation, path: str) -> None:
    assert installation.client.simulate_get(path).status_code in (401, 404)


def test_the_documentation_of_the_api_is_the_same_page(installation: Installation) -> None:
    behind_token = installation.ask("GET", "docs/")
    assert behind_token.status_code == 200
    assert behind_token.content == installation.client.simulate_get("/docs").content


def test_answers_of_the_api_are_never_a_page(installation: Installation) -> None:
    for path in ("sites/", "nothing/"):
        headers = installation.ask("GET", path).headers
        assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Content-Type"] == "application/json"
