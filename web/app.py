"""Every route on one screen."""

from typing import Any

import falcon

from ..config.settings import Settings
from ..store.store import Store
from . import errors, media
from .access import Authentication, Callers
from .actors import ActorTree
from .connections import Connection
from .dataloggers import Datalogger, Dataloggers
from .diagnosis import Diagnosis
from .files import documentation, page_routes
from .fleet import Fleet
from .gaps import Gaps
from .gateways import Gateway, Gateways
from .headers import SecurityHeaders
from .health import Health
from .labels import Curator
from .live import Actors, Live
from .logs import Logs
from .openapi import OpenApi
from .routes import Route, RowId
from .sensors import Sensor, Sensors
from .sites import Site, Sites
from .statuses import Statuses
from .supervision import Supervision
from .topics import DiscoveredTopic, DiscoveredTopics, Topics

API = "/api/v1"
HEALTH = f"{API}/system/health"

# How older clients spell it.
NEW_SPELLING, OLD_SPELLING = f"{API}/mqtt/sites/", f"{API}/mqtt/site/"


def api_routes(store: Store, live: Live, settings: Settings) -> list[Route]:
    fleet = Fleet(store, live)
    curator = Curator(store, live)
    supervision = Supervision(store, fleet, live)
    diagnosis = Diagnosis(store, fleet, settings)
    logs = Logs(store, fleet)
    sensors = Sensors(live)
    datalogger, sensor = Datalogger(live, curator), Sensor(live, curator)
    mqtt, monitoring = f"{API}/mqtt", f"{API}/monitoring"
    site = f"{NEW_SPELLING}{{id:row}}"
    return [
        Route(f"{API}/sites/", Sites(fleet)),
        Route(f"{API}/sites/{{id:row}}/", Site(fleet)),
        Route(f"{mqtt}/connection-status/", Statuses(fleet, live)),
        Route(f"{site}/status/", supervision),
        Route(f"{site}/start/", supervision, "start"),
        Route(f"{site}/stop/", supervision, "stop"),
        Route(f"{site}/restart/", supervision, "restart"),
        Route(f"{site}/force-discovery/", supervision, "discovery"),
        Route(f"{site}/diagnose/", diagnosis),
        Route(f"{mqtt}/diagnose/", diagnosis, "new"),
        Route(f"{site}/connection/", Connection(fleet)),
        Route(f"{site}/topics/", Topics(fleet)),
        Route(f"{site}/discovered-topics/", DiscoveredTopics(fleet, live)),
        Route(f"{site}/discovered-topics/{{topic_id:row}}/", DiscoveredTopic(store, fleet, live)),
        Route(f"{site}/connection-logs/", logs, "of_connection"),
        Route(f"{site}/parsing-logs/", logs, "of_parsing"),
        Route(f"{site}/device-events/", logs, "of_devices"),
        Route(f"{site}/gaps/", Gaps(store, fleet)),
        Route(f"{monitoring}/gateways/", Gateways(live)),
        Route(f"{monitoring}/gateways/{{id:row}}/", Gateway(live)),
        Route(f"{monitoring}/dataloggers/", Dataloggers(live)),
        Route(f"{monitoring}/dataloggers/{{id:row}}/", datalogger),
        Route(f"{monitoring}/dataloggers/{{id:row}}/label/", datalogger, "label"),
        Route(f"{monitoring}/dataloggers/{{id:row}}/restore/", datalogger, "restore"),
        Route(f"{monitoring}/sensors/", sensors),
        Route(f"{monitoring}/sensors/by-datalogger/{{id:row}}/", sensors, "of_datalogger"),
        Route(f"{monitoring}/sensors/{{id:row}}/", sensor),
        Route(f"{monitoring}/sensors/{{id:row}}/readings/", sensor, "readings"),
        Route(f"{monitoring}/sensors/{{id:row}}/label/", sensor, "label"),
        Route(f"{monitoring}/sensors/{{id:row}}/restore/", sensor, "restore"),
        Route(f"{API}/system/actors/", ActorTree(live)),
        Route(HEALTH, Health(store, live)),
    ]


def create_app(store: Store, actors: Actors, settings: Settings) -> "falcon.App[Any, Any]":
    """Make the WSGI application. A request waits `http.ask_timeout` seconds for the actors before it answers 503."""
    pages = page_routes()
    public = frozenset({HEALTH, *(route.path for route in pages)})
    api = api_routes(store, Live(actors, settings.http.ask_timeout), settings)
    routes = [
        *pages,
        *api,
        *(Route(route.path.replace(NEW_SPELLING, OLD_SPELLING), *route[1:]) for route in api if is_respelt(route)),
        Route(f"{API}/openapi.json", OpenApi(api, public)),
        Route(f"{API}/docs/", documentation()),
    ]

    app: falcon.App[Any, Any] = falcon.App(middleware=[SecurityHeaders(), Authentication(Callers(store), public)])
    app.req_options.strip_url_path_trailing_slash = True
    app.req_options.media_handlers = media.handlers()
    app.resp_options.media_handlers = media.handlers()
    app.router_options.converters["row"] = RowId
    errors.install(app)
    for path, resource, suffix in routes:
        app.add_route(path if path == "/" else path.rstrip("/"), resource, suffix=suffix)
    return app


def is_respelt(route: Route) -> bool:
    return route.path.startswith(NEW_SPELLING)
