"""A database URL, and the database that it names."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from .database import Patience, StoreDatabase
from .errors import DatabaseUrlInvalid
from .sqlite import SqliteFile

SQLITE_START = "sqlite:///"
IN_MEMORY = ":memory:"
MARIADB_SCHEMES = ("mysql", "mariadb")
POSTGRESQL_SCHEMES = ("postgresql", "postgres")

SUPPORTED = (
    "sqlite:///FILE, postgresql://USER:PASSWORD@HOST:PORT/NAME and mysql://USER:PASSWORD@HOST:PORT/NAME (MariaDB)"
    " are supported"
)
ESCAPING = "write / ? # @ and : in a user or password as %2F %3F %23 %40 and %3A"


def open_database(url: str, patience: Patience) -> StoreDatabase:
    """Return the database that a URL names, without connecting.

    Raises `DatabaseUrlInvalid`, also where the driver's extra is not installed.
    """
    if url.startswith("sqlite:"):
        return SqliteFile(sqlite_file(url), patience)
    try:
        parts = urlsplit(url)
        server = {"host": parts.hostname, "port": parts.port, "user": parts.username}
    except ValueError:
        # Not in its words, nor from it: where a password holds a # it takes a part of it for the port.
        raise invalid(url, f"its host or port is malformed; {ESCAPING}") from None
    if parts.scheme not in (*POSTGRESQL_SCHEMES, *MARIADB_SCHEMES):
        raise invalid(url, SUPPORTED)
    if parts.query or parts.fragment:
        raise invalid(url, f"nothing may follow the database's name; {ESCAPING}")
    name = unquote(parts.path.removeprefix("/"))
    if not parts.hostname or not name:
        raise invalid(url, f"it names no {'database' if parts.hostname else 'host'}; {SUPPORTED}")
    # A driver takes what is not given from its own defaults: the port, and the user from the system.
    parameters: dict[str, Any] = {key: value for key, value in server.items() if value}
    if parts.username:
        parameters["user"] = unquote(parts.username)
    if parts.password:
        parameters["password"] = unquote(parts.password)
    if parts.scheme in POSTGRESQL_SCHEMES:
        return open_postgresql(url, name, patience, parameters)
    return open_mariadb(url, name, patience, parameters)


def sqlite_file(url: str) -> Path:
    # Taken literally: the default URL is made from the data directory, whatever characters that holds.
    name = url.removeprefix(SQLITE_START)
    if name == url or not name:
        raise invalid(url, "write sqlite:///FILE, with four slashes if the file's path begins with one")
    if name == IN_MEMORY:
        raise invalid(url, "a database in memory would be another one for each thread; name a file")
    return Path(name)


def open_postgresql(url: str, name: str, patience: Patience, parameters: dict[str, Any]) -> StoreDatabase:
    try:
        # Only here: the driver is an extra.
        from .postgresql import PostgresqlServer
    except ImportError as error:
        raise invalid(url, "the driver is missing: pip install 'sitewarden[postgresql]'") from error
    return PostgresqlServer(name, patience, **parameters)


def open_mariadb(url: str, name: str, patience: Patience, parameters: dict[str, Any]) -> StoreDatabase:
    try:
        from .mariadb import MariadbServer
    except ImportError as error:
        raise invalid(url, "the driver is missing: pip install 'sitewarden[mariadb]'") from error
    return MariadbServer(name, patience, **parameters)


def invalid(url: str, reason: str) -> DatabaseUrlInvalid:
    return DatabaseUrlInvalid(f"DATABASE_URL {without_password(url)!r} cannot be used: {reason}")


def without_password(url: str) -> str:
    """Return the URL with `***` for the password; all between the first colon and the last @ where it is malformed."""
    scheme, separator, rest = url.partition("://")
    credentials, at, place = rest.rpartition("@")
    user, colon, _ = credentials.partition(":")
    return f"{scheme}{separator}{user}{colon and ':***'}{at}{place}" if at else url
