"""What happened, and to whom it is told."""

from typing import Any

import pytest
from sitewarden.store.records import Batch, ConnectionLogRecord, Status

from .installation import Installation

TRACEBACK = 'Traceback (most recent call last):\n  File "canary.py"'


@pytest.fixture(scope="module")
def failure(installation: Installation) -> str:
    """A failure with a traceback in the log of the site north; gives its message."""
    line = ConnectionLogRecord(
        site_id=installation.ids["north"],
        at=1_800_000_000.0,
        level="WARNING",
        message="a callback raised",
        status=Status.BACKING_OFF,
        exception_type="ValueError",
        traceback=TRACEBACK,
    )
    installation.store.write(Batch(connection_logs=(line,)))
    return line.message


def logged(installation: Installation, message: str, user: str) -> Any:
    lines = installation.get(f"mqtt/sites/{installation.ids['north']}/connection-logs/", user)["results"]
    [line] = [line for line in lines if line["message"] == message]
    return line


def test_a_superuser_sees_where_a_connection_failed(installation: Installation, failure: str) -> None:
    assert logged(installation, failure, "admin")["traceback"] == TRACEBACK


@pytest.mark.parametrize("user", ["operator", "viewer"])
def test_others_see_that_it_failed_without_the_insides_of_the_server(
    installation: Installation, failure: str, user: str
) -> None:
    line = logged(installation, failure, user)
    assert line["exception_type"] == "ValueError"
    assert line["traceback"] == ""
