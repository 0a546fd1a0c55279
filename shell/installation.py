"""A running Sitewarden: what it is made of, in the order in which it starts and stops."""

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any, Self, cast

from ..actors.messages import ListSites, ReconcileAll, RestartSite, SiteReport
from ..actors.runtime import Runtime
from ..config.logging import get_logger
from ..config.settings import Settings
from ..store.store import Store
from ..web.app import create_app
from ..web.server import WebServer
from .admin_socket import AdminSocket
from .find_site import find_site
from .instance_lock import only_instance
from .open_store import open_store, wait_until_writable
from .refusal import Refusal
from .status import status_report

log = get_logger("sitewarden.installation")

# What running requests have to end when we stop. The actors take up to 9 seconds, and 10 are all there is (row B12).
REQUESTS_SECONDS = 1.0


class Installation:
    """Sitewarden, running inside the `with` block.

    Takes no signals, sets no logging up and keeps nothing outside itself: a program may hold several, each with a
    data directory of its own. Entering raises `Refusal`, `StoreError`, `BindFailed` or `OSError` if a part cannot
    start; the parts that have started are stopped again.
    """

    store: Store
    runtime: Runtime
    web: WebServer

    def __init__(self, settings: Settings, on_failure: Callable[[Exception], None] | None = None) -> None:
        """`on_failure` is called, in a thread of Sitewarden's, if the actors end of a failure nobody could mend."""
        self.settings = settings
        self.on_failure = on_failure
        self.parts = ExitStack()
        self.started_at = 0.0

    def __enter__(self) -> Self:
        # Whatever fails half way, `starting` stops what has started; only a whole start is kept.
        with ExitStack() as starting:
            self.start(starting)
            self.parts = starting.pop_all()
        return self

    def __exit__(self, *failure: object) -> None:
        log.info("stopping")
        self.parts.close()
        log.info("stopped")

    def start(self, parts: ExitStack) -> None:
        """Start from the ground up. Each line's part is stopped before those above it, which it works with."""
        self.started_at = time.time()
        # First taken and last given back: nobody may touch the rest while we do.
        parts.enter_context(only_instance(self.settings.data_dir))
        commands = {"status": self.status, "reconcile": self.reconcile, "restart": self.restart}
        admin = AdminSocket(self.settings.admin_socket, commands)
        # Before anybody is served: a place that is not safe is nothing to be found out last.
        admin.check_place()
        # Closed after all that writes: the runtime's last batch goes into it.
        self.store = parts.enter_context(open_store(self.settings))
        wait_until_writable(self.settings, self.store)
        # Stopped after those who ask it, so that a request in flight is answered and not left waiting.
        self.runtime = Runtime(self.settings, self.store, on_failure=self.on_failure)
        self.runtime.start()
        parts.callback(self.runtime.stop)
        # Requests end before the actors do.
        app = create_app(self.store, self.runtime, self.settings)
        self.web = WebServer(app, self.settings.http.bind, self.settings.http.threads)
        self.web.start()
        parts.callback(self.web.stop, REQUESTS_SECONDS)
        # Last opened, first closed: `status` says "running" only while all of it runs.
        admin.start()
        parts.callback(admin.stop)
        log.info("started")  # where, the web server has said

    @property
    def url(self) -> str:
        """Where the API and the page are."""
        host = self.settings.http.bind.rpartition(":")[0]
        return f"http://{host}:{self.web.port}"

    def status(self, request: Mapping[str, Any]) -> Mapping[str, object]:
        return status_report(self.sites(), self.started_at)

    def reconcile(self, request: Mapping[str, Any]) -> Mapping[str, object]:
        self.runtime.tell(ReconcileAll())
        return {"reconciling": True}

    def restart(self, request: Mapping[str, Any]) -> Mapping[str, object]:
        """Dial the link of `site`, a code, now; answer how it was until now. Raises `Refusal`."""
        # Asked of the actors and not of the database, which may be what has failed.
        reports = self.sites()
        configuration = find_site((report.configuration for report in reports), str(request.get("site", "")))
        site, connection, _ = configuration
        if not (site.is_active and connection.is_active):
            raise Refusal(f"the connection of {site.code} is stopped: `sitewarden start {site.code}` connects it")
        self.runtime.tell(RestartSite(site.id))
        log.info("a connection is restarted through the admin socket", site=site.code)
        state = next(report.state for report in reports if report.configuration is configuration)
        return {"status": state.status.value, "reason": state.reason}

    def sites(self) -> tuple[SiteReport, ...]:
        return cast(tuple[SiteReport, ...], self.runtime.ask(ListSites(), self.settings.http.ask_timeout))
