"""The product, with everything on: SQLite, API, page, admin socket, as `sitewarden run` starts it.

Usage: `whole_product.py PORT COUNT [QOS]`; prints a line of JSON, after having checked in the database that every
heartbeat was counted.
"""

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from load import SITES, site_code
from sitewarden.actors.messages import Counters, GetCounters, ListSites
from sitewarden.actors.runtime import Runtime
from sitewarden.config.settings import Settings, load
from sitewarden.shell.collector import tune_collector
from sitewarden.shell.installation import Installation
from sitewarden.shell.open_store import open_store
from sitewarden.store.drafts import ConnectionDraft, SiteDraft
from sitewarden.store.records import Status

POLL_SECONDS = 0.02
ASK_SECONDS = 10.0


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def processed(runtime: Runtime) -> int:
    answer = runtime.ask(GetCounters(), ASK_SECONDS)
    assert isinstance(answer, Counters)
    return answer.messages_by_outcome.get("processed", 0)


def configure(settings: Settings, port: int) -> None:
    with open_store(settings) as store:
        connection = ConnectionDraft(broker_host="127.0.0.1", broker_port=port)
        store.save_fleet(
            [SiteDraft(code=site_code(number), name="", connection=connection) for number in range(1, SITES + 1)]
        )


def main(port: int, count: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        settings = load(
            sitewarden={"data_dir": Path(directory)},
            http={"bind": "127.0.0.1:0"},
            mqtt={"start_spread": 0},
        )
        configure(settings, port)
        with Installation(settings) as product:
            runtime = product.runtime
            while any(site.state.status is not Status.CONNECTED for site in runtime.ask(ListSites(), ASK_SECONDS)) or (
                len(runtime.ask(ListSites(), ASK_SECONDS)) < SITES
            ):
                time.sleep(POLL_SECONDS)
            tune_collector()
            print("ready", flush=True)
            while not processed(runtime):
                time.sleep(POLL_SECONDS)
            started, cpu_at_start = time.perf_counter(), cpu()
            already = processed(runtime)
            while (taken := processed(runtime)) < count:
                time.sleep(POLL_SECONDS)
            seconds, cpu_seconds = time.perf_counter() - started, cpu() - cpu_at_start
        with open_store(settings) as store:
            sites = [configuration.site.id for configuration in store.configurations()]
            loggers = [logger for site in sites for logger in store.memory(site).dataloggers]
            stored = sum(logger.total_heartbeats for logger in loggers)
        result = {
            "messages": taken - already,
            "seconds": seconds,
            "cpu_seconds": cpu_seconds,
            "stored": stored,
            "rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
        print(json.dumps(result), flush=True)
        if stored != count:
            sys.exit(f"{count} heartbeats were published, {stored} are in the database")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
