"""Times for which messages may be missing, as they are shown."""

import pytest
from sitewarden.store.records import Batch, GapRecord

from .installation import Installation

REASON = "the broker had not kept our session"


@pytest.fixture(scope="module")
def gaps(installation: Installation) -> str:
    """Two gaps of the site north; gives where they are."""
    site_id = installation.ids["north"]
    times = [(1_800_000_000.0, 1_800_000_060.0), (1_800_003_600.0, 1_800_003_700.5)]
    installation.store.write(Batch(gaps=tuple(GapRecord(site_id, start, end, REASON) for start, end in times)))
    return f"mqtt/sites/{site_id}/gaps/"


def test_gaps_are_listed_newest_first(installation: Installation, gaps: str) -> None:
    page = installation.get(gaps, "viewer")
    assert page["count"] == 2
    newest = page["results"][0]
    assert (newest["started_at"], newest["ended_at"]) == ("2027-01-15T09:00:00Z", "2027-01-15T09:01:40.500000Z")
    assert newest["reason"] == REASON
    assert installation.get(gaps, params={"page_size": 1})["results"] == [newest]


def test_gaps_have_the_older_spelling_too_and_are_not_for_strangers(installation: Installation, gaps: str) -> None:
    assert installation.get(gaps.replace("sites", "site"))["count"] == 2
    assert installation.ask("GET", gaps, "stranger").status_code == 404
