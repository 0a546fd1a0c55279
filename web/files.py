"""The live page and the documentation, from a fixed list of files: no address names a file."""

import importlib.util
from pathlib import Path
from typing import NamedTuple

import falcon

from .headers import OWN_FILES, OWN_FILES_AND_STYLES
from .routes import Route

HTML, SCRIPT, STYLE, ICON = "text/html; charset=utf-8", "text/javascript", "text/css", "image/svg+xml"

OWN_SCRIPTS = ("page.js", "sites.js", "devices.js", "states.js", "sparkline.js", "keyed.js", "api.js", "docs.js")
OWN_STYLES = ("page.css", "docs.css")

# Ask each time whether it has changed: a browser must not show yesterday's page after an upgrade.
FRESH = "no-cache"
# Swagger UI comes with a library, weighs 2 MB and changes with its version only.
FOR_A_DAY = "max-age=86400"


class File(NamedTuple):
    """What a browser gets at an address."""

    content: Path
    content_type: str
    policy: str = OWN_FILES
    cache: str = FRESH


class PageFile:
    """One file."""

    def __init__(self, file: File) -> None:
        self.file = file

    def on_get(self, _request: falcon.Request, response: falcon.Response) -> None:
        response.content_type = self.file.content_type
        response.set_header("Content-Security-Policy", self.file.policy)
        response.set_header("Cache-Control", self.file.cache)
        response.data = self.file.content.read_bytes()

    on_head = on_get


def own(name: str) -> Path:
    return Path(__file__).with_name("page") / name


def swagger(name: str) -> Path:
    """Find a file of Swagger UI without importing the library that brings it, which reads 9 MB into memory."""
    found = importlib.util.find_spec("offapi")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("offapi, which brings Swagger UI, is not installed")
    return Path(found.origin).parent / name


def documentation() -> PageFile:
    """Return the page that shows the OpenAPI document."""
    return PageFile(File(own("docs.html"), HTML, OWN_FILES_AND_STYLES))


def page_routes() -> list[Route]:
    """Return the addresses that need no token: they hold nothing but what anybody can read in our source."""
    return [
        Route("/", PageFile(File(own("index.html"), HTML))),
        Route("/docs", documentation()),
        Route("/page/icon.svg", PageFile(File(own("icon.svg"), ICON))),
        *(Route(f"/page/{name}", PageFile(File(own(name), STYLE))) for name in OWN_STYLES),
        *(Route(f"/page/{name}", PageFile(File(own(name), SCRIPT))) for name in OWN_SCRIPTS),
        Route("/page/swagger.js", PageFile(File(swagger("swagger_bundle.js"), SCRIPT, cache=FOR_A_DAY))),
        Route("/page/swagger.css", PageFile(File(swagger("swagger_style.css"), STYLE, cache=FOR_A_DAY))),
    ]
