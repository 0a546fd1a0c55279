"""`sitewarden diagnose`: look at connections from this machine, stage by stage, as they are or as they might be."""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import typer
from pydantic import ValidationError
from rich.console import Console

from ..actors.diagnosis import Limits, is_fine
from ..actors.diagnosis import diagnose as look
from ..actors.stages import Stage
from ..actors.trial import PasswordNeeded, Trial, changed, password_of, trial_of
from ..config.settings import Settings, load
from ..store.drafts import SiteDraft
from ..store.records import SiteConfiguration, Status
from ..store.store import Store
from .diagnosis_lines import StageLines
from .find_site import find_site
from .fleet_file import describe, read_fleet
from .open_store import NoInstallation, open_existing_store
from .options import ConfigFile
from .refusal import Exit, Refusal
from .status import parked_hint, site_status

# Of the fields of a connection, the options that try another value.
OPTIONS = {
    "broker_host": "--host",
    "broker_port": "--port",
    "username": "--username",
    "password": "--password-stdin",
    "tls_mode": "--tls",
    "tls_ca_file": "--ca",
    "tls_certificate_file": "--certificate",
    "tls_key_file": "--key",
    "protocol": "--protocol",
}


class Tried(NamedTuple):
    """A site's connection, ready to be looked at."""

    code: str
    trial: Trial


def absolute(file: str) -> str:
    """The path of a file that is named from where the command is typed; no file stays none."""
    return str(Path(file).absolute()) if file else ""


def diagnose(
    code: Annotated[str, typer.Argument(metavar="CODE", help="The code of the site.")] = "",
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="Try the connections of a fleet file, or CODE's.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Try this host instead of the saved one.")] = None,
    port: Annotated[int | None, typer.Option(help="Try this port.")] = None,
    username: Annotated[str | None, typer.Option(help="Try this user name.")] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input (its first line).")
    ] = False,
    tls: Annotated[Literal["off", "verify", "insecure"] | None, typer.Option(help="Try this TLS mode.")] = None,
    ca: Annotated[
        str | None, typer.Option(parser=absolute, metavar="FILE.pem", help="CA that signs the broker's certificate.")
    ] = None,
    certificate: Annotated[
        str | None, typer.Option(parser=absolute, metavar="FILE.pem", help="Our own certificate.")
    ] = None,
    key: Annotated[
        str | None, typer.Option(parser=absolute, metavar="FILE.pem", help="The key of our own certificate.")
    ] = None,
    protocol: Annotated[Literal["3.1.1", "5"] | None, typer.Option(help="The version of MQTT.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead, when all is done.")] = False,
    config: ConfigFile = None,
) -> None:
    """Look at a site's connection: DNS, TCP, TLS, CONNACK, each SUBACK, the first data; say how to mend what fails.

    Sitewarden may run meanwhile, and need not. Its own link to the broker is not touched. Nothing is saved. Exits with
    1 if a stage failed.
    """
    given = {
        "broker_host": host,
        "broker_port": port,
        "username": username,
        "tls_mode": tls,
        "tls_ca_file": ca,
        "tls_certificate_file": certificate,
        "tls_key_file": key,
        "protocol": protocol,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    if file is not None:
        refuse_beside_file([*changes, *(["password"] if password_stdin else [])])
    if file is None and not code:
        raise typer.BadParameter("say which site, or which --file", param_hint="CODE")
    if password_stdin:
        changes["password"] = sys.stdin.readline().rstrip("\r\n")
    settings = load(config)
    tried = from_file(settings, file, code) if file is not None else [from_store(settings, code, changes)]
    if not all([*show(settings, tried, as_json)]):
        raise typer.Exit(Exit.FAILED)
    # What was tried is what is saved, and it works: dialled, it would be connected.
    if file is None and not changes and not as_json and site_status(settings, code).get("status") == Status.PARKED:
        typer.echo(f"the site is {parked_hint(code)}")


def refuse_beside_file(names: list[str]) -> None:
    """Refuse values that somebody gives beside a file, which has its own."""
    if names:
        options = " and ".join(OPTIONS[name] for name in names)
        what = "is" if len(names) == 1 else "are"
        raise typer.BadParameter(
            f"{options} {what} of no use with --file, whose connections are tried as they stand in it: change the file",
            param_hint="--file",
        )


def from_store(settings: Settings, code: str, changes: Mapping[str, Any]) -> Tried:
    """Take a saved connection, with changes. Raises `Refusal`, `StoreError`."""
    with open_existing_store(settings) as store:
        saved = find_site(store.configurations(), code)
        try:
            draft = changed(saved, changes)
        except ValidationError as error:
            raise Refusal("; ".join(describe(problem) for problem in error.errors())) from error
        return ready(settings, draft, saved, store)


def from_file(settings: Settings, file: Path, code: str) -> list[Tried]:
    """Take the connections of a fleet file, of all sites or of one. Raises `Refusal`, `OSError`, `StoreError`."""
    drafts = [draft for draft in read_fleet(file) if code in ("", draft.code)]
    if code and not drafts:
        raise Refusal(f"there is no site {code!r} in {file}")
    try:
        with open_existing_store(settings) as store:
            saved = {configuration.site.code: configuration for configuration in store.configurations()}
            return [ready(settings, draft, saved.get(draft.code), store) for draft in drafts]
    except NoInstallation:
        return [ready(settings, draft, None, None) for draft in drafts]


def ready(settings: Settings, draft: SiteDraft, saved: SiteConfiguration | None, store: Store | None) -> Tried:
    """Add the password and the installation's name, as far as they are saved."""
    password = draft.connection.password or ""
    try:
        if saved is not None and store is not None:
            password = password_of(draft.connection, saved.connection, store.secrets)
    except PasswordNeeded as error:
        raise Refusal(f"site {draft.code}: {error} (--password-stdin, or in the file)") from error
    return Tried(draft.code, trial_of(draft, password, store.installation_id() if store else "", settings.mqtt))


def show(settings: Settings, tried: list[Tried], as_json: bool) -> Iterator[bool]:
    """Look at one connection after the other, and print what is found; yield of each whether it is fine."""
    limits = Limits(settings.mqtt.connect_timeout, settings.diagnosis.listen, settings.diagnosis.timeout)
    if as_json:
        sites = [in_json(code, list(look(trial, limits))) for code, trial in tried]
        typer.echo(json.dumps({"ok": all(site["ok"] for site in sites), "sites": sites}))
        yield from (site["ok"] for site in sites)
        return
    lines = StageLines(Console())
    for code, trial in tried:
        yield is_fine(lines.print(f"{code} at {trial.target.host}:{trial.target.port}", look(trial, limits)))


def in_json(code: str, stages: list[Stage]) -> dict[str, Any]:
    return {"code": code, "ok": is_fine(stages), "stages": [stage._asdict() for stage in stages]}
