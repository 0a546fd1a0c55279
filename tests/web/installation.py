"""A small installation: two sites on a real broker, the real store on SQLite, the real actors, the WSGI application.

`north` is connected and has devices, `south` is not. The users: `admin` is superuser; `operator` and `viewer` have
that role at `north`; `stranger` is operator at `south`, and must not know that `north` is there.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from falcon.testing import Result, TestClient
from paho.mqtt.enums import CallbackAPIVersion
from servers.mosquitto import Mosquitto
from sitewarden.actors.runtime import Runtime
from sitewarden.config.settings import load
from sitewarden.store.drafts import ConnectionDraft, SiteDraft, TopicDraft
from sitewarden.store.secrets import Secrets
from sitewarden.store.store import Store
from sitewarden.web.app import create_app

API = "/api/v1"
PASSWORD = "a long enough password"
DEADLINE = 20.0  # seconds
DATABASE = "sitewarden.db"

GATEWAY_HEARTBEAT = {"serial_number": "GW-001", "hostname": "gw", "firmware_version": "v1.2", "cpu_load_percent": 12.5}


def heartbeat(site: str, *serials: str, z: float = 1.0) -> dict[str, object]:
    """Make a datalogger's heartbeat of resting accelerometers."""
    sensors = [
        {"device_name": serial, "ts": "2025-10-14 13:57:16.288000", "last_acc00": -0.25, "last_acc02": z}
        for serial in serials
    ]
    return {"heart_beat": site, "sensors_last_data": sensors}


@dataclass
class Installation:
    """What a test needs of it. `ids` and `codes` are the sites', `tokens` the users'."""

    directory: Path
    store: Store
    runtime: Runtime
    client: TestClient
    broker: Mosquitto
    ids: dict[str, int]
    codes: dict[str, str]
    tokens: dict[str, str]

    def ask(self, method: str, path: str, user: str | None = "admin", **options: Any) -> Result:
        """Send a request below the API's root as `user`, None for one without a token."""
        headers = dict(options.pop("headers", {}))
        if user is not None:
            headers["Authorization"] = f"Bearer {self.tokens[user]}"
        return self.client.simulate_request(method, f"{API}/{path}", headers=headers, **options)

    def get(self, path: str, user: str | None = "admin", **options: Any) -> Any:
        """Return the JSON of a GET that must succeed."""
        result = self.ask("GET", path, user, **options)
        assert result.status_code == 200, result.text
        return result.json

    def publish(self, topic: str, payload: object) -> None:
        publisher = mqtt.Client(CallbackAPIVersion.VERSION2)
        publisher.connect(self.broker.host, self.broker.port)
        publisher.loop_start()
        publisher.publish(topic, json.dumps(payload), qos=1).wait_for_publish(timeout=10)
        publisher.disconnect()
        publisher.loop_stop()

    def status(self, site: str) -> Any:
        return self.get(f"mqtt/sites/{self.ids[site]}/status/")

    @contextmanager
    def without_database(self) -> Iterator[None]:
        """Have something that SQLite cannot open where the database was."""
        hidden = self.directory / "hidden"
        hidden.mkdir()
        self.store.close()
        for file in self.directory.glob(f"{DATABASE}*"):
            file.rename(hidden / file.name)
        (self.directory / DATABASE).mkdir()
        try:
            yield
        finally:
            (self.directory / DATABASE).rmdir()
            for file in hidden.iterdir():
                file.rename(self.directory / file.name)

    def first(self, path: str, **filters: object) -> Any:
        """Return the first of a list."""
        return self.get(path, params=filters)["results"][0]


def site_draft(code: str, name: str, broker: Mosquitto, is_active: bool) -> SiteDraft:
    connection = ConnectionDraft(
        broker_host=broker.host,
        broker_port=broker.port,
        username="field",
        password="canary-of-the-broker",
        is_active=is_active,
        topics=(TopicDraft(topic_pattern=f"{code}/datalogger/+/+/heartbeat", qos_level=2),),
    )
    return SiteDraft(code=code, name=name, customer="ANAS", latitude=45.1, longitude=7.6, connection=connection)


@contextmanager
def installed(directory: Path, broker: Mosquitto, **sections: Any) -> Iterator[Installation]:
    """Run one; `sections` are more of its settings."""
    defaults = {"sitewarden": {"data_dir": directory}, "persist": {"interval": 0.2}, "monitor": {"interval": 1}}
    settings = load(**{**defaults, **sections})
    store = Store(f"sqlite:///{directory / DATABASE}", Secrets.load(None, directory / "secret.key"))
    store.migrate()
    # The broker is shared with other tests: the directory's name, which is new each time, keeps the topics apart.
    codes = {name: f"{name}_{directory.name}" for name in ("north", "south")}
    store.save_fleet(
        [
            site_draft(codes["north"], "Ponte Nord", broker, is_active=True),
            site_draft(codes["south"], "Diga Sud", broker, is_active=False),
        ]
    )
    by_code = {configuration.site.code: configuration.site.id for configuration in store.configurations()}
    ids = {name: by_code[code] for name, code in codes.items()}
    tokens = {}
    for name in ("admin", "operator", "viewer", "stranger"):
        user = store.add_user(name, PASSWORD, is_superuser=name == "admin")
        tokens[name] = store.issue_token(user.id)
        if name in ("operator", "viewer"):
            store.grant(user.id, ids["north"], name)
        if name == "stranger":
            store.grant(user.id, ids["south"], "operator")
    runtime = Runtime(settings, store)
    runtime.start()
    try:
        app = create_app(store, runtime, settings)
        yield Installation(directory, store, runtime, TestClient(app), broker, ids, codes, tokens)
    finally:
        runtime.stop()
        store.close()
