"""Finding a site by the code that somebody has typed."""

from collections.abc import Iterable
from difflib import get_close_matches

from ..store.records import SiteConfiguration
from .refusal import Refusal

# More codes than fit a line are no help; of these few the nearest are.
MOST_NAMED = 10
NEAREST_NAMED = 3


class NoSuchSite(Refusal):
    """No site has this code; the message names those that there are, of many the nearest."""


def find_site(configurations: Iterable[SiteConfiguration], code: str) -> SiteConfiguration:
    """Give the site of this code; raises `NoSuchSite`."""
    by_code = {configuration.site.code: configuration for configuration in configurations}
    if code not in by_code:
        raise NoSuchSite(f"there is no site {code!r}; {those_there_are(code, sorted(by_code))}")
    return by_code[code]


def those_there_are(code: str, codes: list[str]) -> str:
    if len(codes) <= MOST_NAMED:
        return f"there are: {', '.join(codes) or 'none yet'}"
    nearest = get_close_matches(code, codes, NEAREST_NAMED, cutoff=0.0)
    return f"of {len(codes)} sites the nearest are: {', '.join(nearest)}"
