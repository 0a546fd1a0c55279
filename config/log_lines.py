"""What a log line looks like, in the files and on a terminal.

Text from devices is hostile: a topic may hold line breaks, terminal escapes or characters that turn the reading
direction. One event is one line, whatever is in it (ASVS 16.4.1), and no line holds a secret (ASVS 16.2.5).
"""

import json
import math
import re
import sys
from datetime import UTC, datetime
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

HIDDEN = "***"

# Names under which a value is never logged, wherever they stand in a key: `broker_password`, `api_token`.
SECRET_NAME = re.compile(r"password|passwd|token|secret|authorization|cookie|credential|private_key|dsn", re.I)
# The password of a URL, such as DATABASE_URL in a driver's complaint. It may itself hold `:` and `@` unescaped, so
# the last `@` before a space or slash ends it.
URL_PASSWORD = re.compile(r"(://[^\s:/@\"']*):[^\s/\"']+@")


def file_line() -> structlog.stdlib.ProcessorFormatter:
    """JSON, one object a line. `json.dumps` escapes all that is not printable ASCII."""
    return formatter(structlog.processors.format_exc_info, render_json)


def console_line() -> structlog.stdlib.ProcessorFormatter:
    """Time of day, level, event and values; of an exception its type and text, the traceback is in the file."""
    return formatter(name_exception, render_console)


def formatter(*last: Processor) -> structlog.stdlib.ProcessorFormatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.ExtraAdder()],
        processors=[
            add_origin,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            hide_secrets,
            *last,
        ],
    )


def add_origin(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:  # noqa: ARG001
    """Put when, how grave and by whom first: that is how a line is read and sorted."""
    record = event["_record"]
    at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"at": at, "level": record.levelname.lower(), "logger": record.name, **event}


def hide_secrets(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:  # noqa: ARG001
    return without_secrets(event)  # type: ignore[no-any-return]  # a dictionary stays one


def without_secrets(value: Any) -> Any:
    """The value as JSON can hold it, with everything hidden that stands under a secret's name, at any depth."""
    if isinstance(value, dict):
        return {
            str(name): HIDDEN if SECRET_NAME.search(str(name)) else without_secrets(inner)
            for name, inner in value.items()
        }
    if isinstance(value, (list, tuple)) and not is_exception_info(value):
        return [without_secrets(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def is_exception_info(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == len(sys.exc_info()) and isinstance(value[1], BaseException)


def hide_url_passwords(line: str) -> str:
    return URL_PASSWORD.sub(rf"\1:{HIDDEN}@", line)


def render_json(logger: WrappedLogger, method: str, event: EventDict) -> str:  # noqa: ARG001
    return hide_url_passwords(json.dumps(event, default=str))


def name_exception(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:  # noqa: ARG001
    match event.pop("exc_info", None):
        case BaseException() as error:
            event["error"] = f"{type(error).__name__}: {error}"
        case (_, BaseException() as error, _):
            event["error"] = f"{type(error).__name__}: {error}"
    return event


def render_console(logger: WrappedLogger, method: str, event: EventDict) -> str:  # noqa: ARG001
    time_of_day = event.pop("at")[11:19]
    level, _, text = event.pop("level"), event.pop("logger"), event.pop("event", "")
    values = " ".join(f"{name}={value}" for name, value in event.items())
    return hide_url_passwords(printable(f"{time_of_day} {level:<7} {text}  {values}".rstrip()))


def printable(text: str) -> str:
    """The text with every character escaped that is not plainly visible: controls, terminal escapes, bidi marks."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
