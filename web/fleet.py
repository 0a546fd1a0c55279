"""The sites that a caller may see, as the database has them, or as the actors do while it is away."""

from ..store.errors import StoreUnavailable
from ..store.records import SiteConfiguration
from ..store.store import Store
from .access import Caller
from .errors import NotFound
from .live import Live


class Fleet:
    """Sites and their connections. Raises `ActorsUnavailable` only where the database does not answer either."""

    def __init__(self, store: Store, live: Live) -> None:
        self.store = store
        self.live = live

    def seen_by(self, caller: Caller) -> list[SiteConfiguration]:
        """Return every site that `caller` may see."""
        try:
            configurations = self.store.configurations()
        except StoreUnavailable:
            configurations = [report.configuration for report in self.live.reports()]
        return [configuration for configuration in configurations if caller.sees(configuration.site.id)]

    def seen_site(self, caller: Caller, site_id: int) -> SiteConfiguration:
        """Return one site. Raises `NotFound` if there is none or the caller may not see it."""
        caller.must_see(site_id, "site")
        configuration = self.configuration(site_id)
        if configuration is None:
            raise NotFound("site")
        return configuration

    def operated_site(self, caller: Caller, site_id: int) -> SiteConfiguration:
        """Return one site to act on. Raises as `seen_site`, and `Forbidden` if the caller may only look."""
        configuration = self.seen_site(caller, site_id)
        caller.must_operate(site_id, "site")
        return configuration

    def configuration(self, site_id: int) -> SiteConfiguration | None:
        try:
            return self.store.configuration(site_id)
        except StoreUnavailable:
            report = self.live.report(site_id)
            return report.configuration if report else None
