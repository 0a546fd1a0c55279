"""A site by its code, or the codes that there are."""

import pytest
from sitewarden.shell.find_site import MOST_NAMED, NoSuchSite, find_site
from sitewarden.shell.fleet_diff import configured
from sitewarden.store.drafts import ConnectionDraft, SiteDraft
from sitewarden.store.records import SiteConfiguration


def sites(count: int) -> list[SiteConfiguration]:
    connection = ConnectionDraft(broker_host="127.0.0.1")
    return [configured(SiteDraft(code=f"sito_{number:03}", connection=connection)) for number in range(count)]


def test_a_site_is_found_by_its_code() -> None:
    assert find_site(sites(3), "sito_001").site.code == "sito_001"


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "there are: none yet"),
        (2, "there are: sito_000, sito_001"),
        (200, "of 200 sites the nearest are: sito_150, "),
    ],
)
def test_a_code_that_nobody_has_is_answered_with_those_that_are_near(count: int, said: str) -> None:
    with pytest.raises(NoSuchSite) as refused:
        find_site(sites(count), "sto_150")
    assert said in str(refused.value)
    assert str(refused.value).count(",") < MOST_NAMED
