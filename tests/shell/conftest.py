"""What the tests of the command line share."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from command_line import CommandLine


@pytest.fixture
def sitewarden(tmp_path: Path) -> Iterator[CommandLine]:
    """The command, with a data directory of the test's own."""
    command = CommandLine(tmp_path)
    yield command
    command.close()


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], str]:
    """Write a file into the test's directory and give its path."""

    def to(name: str, text: str) -> str:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return str(tmp_path / name)

    return to
