"""The product as its users have it: commands, the REST API with a token, and what is left in the database."""

import json
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from command_line import CommandLine
from servers.process import wait_until
from sitewarden.shell.toml_text import to_toml
from sitewarden.store.records import SiteMemory
from sitewarden.store.secrets import Secrets
from sitewarden.store.store import Store

DEADLINE = 30.0  # seconds; a busy two-core machine is slow, and a test that fails takes this long
ANSWER_SECONDS = 10.0
LARGEST_PAGE = 1000

GATEWAYS, DATALOGGERS, SENSORS = "monitoring/gateways/", "monitoring/dataloggers/", "monitoring/sensors/"
KINDS = (GATEWAYS, DATALOGGERS, SENSORS)

Device = dict[str, Any]


class Address(Protocol):
    """Where a broker is dialled: its own address, or that of a way to it."""

    host: str
    port: int


class Product(CommandLine):
    """An installation, and a superuser with a token."""

    token: str
    site_ids: dict[str, int]

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.environment |= {"MQTT_START_SPREAD": "0", "MQTT_RETRY_JITTER": "0"}

    def install(self, broker: Address, codes: Sequence[str], **connection: object) -> None:
        """Import a fleet of sites on one broker and add a user; `connection` are fields of every connection."""
        self.install_fleet({code: broker for code in codes}, **connection)

    def install_fleet(self, brokers: Mapping[str, Address], **connection: object) -> None:
        """Import sites, each with the broker that is dialled for it, and add a user."""
        self.import_fleet(brokers, **connection)
        with self.store() as store:  # a process for each of these commands would cost a second of every test
            self.token = store.issue_token(store.add_user("anna", "correct horse battery", is_superuser=True).id)
            self.site_ids = {one.site.code: one.site.id for one in store.configurations()}

    def import_fleet(self, brokers: Mapping[str, Address], **connection: object) -> None:
        """Import sites, or what is to change of them."""
        sites = [
            {
                "code": code,
                "connection": {
                    "broker_host": broker.host,
                    "broker_port": broker.port,
                    "heartbeat_interval": 60,
                    **connection,
                },
            }
            for code, broker in brokers.items()
        ]
        fleet = self.directory / "fleet.toml"
        fleet.write_text(to_toml({"site": sites}))
        self.succeed("import", str(fleet))

    def run_connected(self) -> "subprocess.Popen[str]":
        """Start it and wait until every site is connected."""
        process = self.run()
        self.wait_for(self.is_connected)
        return process

    def is_connected(self) -> bool:
        return self.statuses() == {"connected"}

    def statuses(self) -> set[str]:
        """The statuses that `sitewarden status` tells of any site."""
        return {site["status"] for site in self.status()["sites"]}

    def wait_for(self, is_so: Callable[[], bool]) -> None:
        assert wait_until(is_so, DEADLINE), f"{is_so.__qualname__} never came true; it logged:\n{self.errors()[-4000:]}"

    # The REST API

    def request(self, method: str, path: str, body: object = None, **filters: object) -> Any:
        """Send a request below the API's root; give the answer's JSON."""
        address = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urlencode(filters)}"
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        request = Request(address, json.dumps(body).encode() if body is not None else None, headers, method=method)
        with urlopen(request, timeout=ANSWER_SECONDS) as answer:
            return json.load(answer)

    def get(self, path: str, **filters: object) -> Any:
        return self.request("GET", path, **filters)

    def health(self) -> str:
        """What anybody may ask: ok, degraded or unavailable."""
        address = f"http://127.0.0.1:{self.port}/api/v1/system/health/"
        with urlopen(address, timeout=ANSWER_SECONDS) as answer:
            return str(json.load(answer)["status"])

    def rows(self, path: str, **filters: object) -> list[dict[str, Any]]:
        """Every row of a list, page after page."""
        found: list[dict[str, Any]] = []
        while True:
            page = self.get(path, page=len(found) // LARGEST_PAGE + 1, page_size=LARGEST_PAGE, **filters)
            found += page["results"]
            if page["next"] is None:
                return found

    def of_site(self, code: str, path: str) -> str:
        """The path of something that belongs to a site, such as `status/`."""
        return f"mqtt/sites/{self.site_ids[code]}/{path}"

    def site_status(self, code: str) -> dict[str, Any]:
        status: dict[str, Any] = self.get(self.of_site(code, "status/"))
        return status

    def devices(self, kind: str, code: str) -> dict[str, Device]:
        """A site's devices of a kind, by serial number, which here is never that of two."""
        return {device["serial_number"]: device for device in self.rows(kind, site_id=self.site_ids[code])}

    def all_devices(self, code: str) -> list[Device]:
        return [device for kind in KINDS for device in self.devices(kind, code).values()]

    def heartbeats(self, code: str) -> dict[str, int]:
        """How many heartbeats each datalogger of a site has sent, by serial number."""
        return {serial: device["total_heartbeats"] for serial, device in self.devices(DATALOGGERS, code).items()}

    def has_counted(self, code: str, heartbeats: int) -> bool:
        """Whether a site's dataloggers have sent so many heartbeats together."""
        return sum(self.heartbeats(code).values()) == heartbeats

    # The process, its end, and the database

    def most_resident(self, process: "subprocess.Popen[str]") -> float:
        """The most memory (RSS) that it has had at any time, in MiB; proc(5) says `VmHWM:   114024 kB`."""
        [line] = [
            line for line in Path(f"/proc/{process.pid}/status").read_text().splitlines() if line.startswith("VmHWM")
        ]
        return int(line.split()[1]) / 1024

    def kill(self, process: "subprocess.Popen[str]") -> None:
        """End it as a power cut would."""
        process.send_signal(signal.SIGKILL)
        process.wait()

    @property
    def database_file(self) -> Path:
        """Where the database is, unless the environment says otherwise."""
        return self.data_dir / "sitewarden.db"

    @contextmanager
    def store(self) -> Iterator[Store]:
        """The database; while it runs only read it."""
        secrets = Secrets.load(None, self.data_dir / "secret.key")
        url = self.environment.get("DATABASE_URL", f"sqlite:///{self.database_file}")
        store = Store(url, secrets)
        try:
            yield store
        finally:
            store.close()

    def memory(self, code: str) -> SiteMemory:
        """What the database has of a site."""
        with self.store() as store:
            return store.memory(self.site_ids[code])
