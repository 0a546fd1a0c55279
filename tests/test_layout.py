"""The house: which folder may import which, and that what is in a folder is installed."""

import ast
import importlib.util
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# Each may import those before it.
LAYERS = ["config", "store", "actors", "web", "shell"]

FILES = [path for layer in LAYERS for path in sorted((ROOT / layer).rglob("*.py"))]

# Modules that decide: they know neither actors, nor MQTT, nor the database.
PURE = [
    "availability",
    "backlog",
    "backoff",
    "catalogue",
    "certificates",
    "device_time",
    "directory",
    "failures",
    "readings",
    "reception",
    "stages",
    "topics",
    *(f"parsing/{path.stem}" for path in (ROOT / "actors" / "parsing").glob("*.py")),
]


def imports(path: Path) -> Iterator[str]:
    """Yield what a file imports, in full: relative names are told from the root of the packages."""
    package = path.relative_to(ROOT).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            yield ".".join((*base, *filter(None, [node.module])))
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_between_the_folders_go_one_way(path: Path) -> None:
    layer = path.relative_to(ROOT).parts[0]
    allowed = LAYERS[: LAYERS.index(layer) + 1]
    for name in imports(path):
        if path.parent.name == "migrations":
            name = name.removeprefix("sitewarden.")  # they are run as files, which have no relatives
        top = name.split(".")[0]
        assert top != "sitewarden", f"{path}: between our folders imports are relative"
        assert top not in LAYERS or top in allowed, f"{path} imports {name}: {layer} may import only {allowed}"


@pytest.mark.parametrize("module", PURE)
def test_modules_that_decide_know_neither_actors_nor_mqtt_nor_database(module: str) -> None:
    for name in imports(ROOT / "actors" / f"{module}.py"):
        assert name.split(".")[0] not in ("thespian", "paho", "peewee"), f"{module} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_is_installed(path: Path) -> None:
    name = ".".join(("sitewarden", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")
    found = importlib.util.find_spec(name)
    assert found is not None, f"{path.name} is new and not installed: run `make build`"
    assert found.origin is not None
    assert Path(found.origin).resolve() == path.resolve(), f"{name} comes from {found.origin}: run `make build`"


@pytest.mark.parametrize("folder", LAYERS)
def test_every_folder_says_what_lives_in_it(folder: str) -> None:
    docstring = ast.get_docstring(ast.parse((ROOT / folder / "__init__.py").read_text())) or ""
    unnamed = [
        path.name
        for path in (ROOT / folder).glob("*.py")
        if path.name not in docstring and path.name not in ("__init__.py",)
    ]
    assert not unnamed, f"{folder}/__init__.py does not name {', '.join(unnamed)}"


def test_nothing_of_ours_lands_outside_our_own_package() -> None:
    assert (distribution("sitewarden").read_text("top_level.txt") or "").split() == ["sitewarden"]
