"""Structured log lines: JSON in rotating files, short ones for people on stderr.

    sitewarden.log          everything that is not in the other two
    mqtt_connections.log    what the loggers below `sitewarden.connections` say
    mqtt_parsing.log        what the loggers below `sitewarden.parsing` say

Modules log through `get_logger`, which needs no set-up: where nobody calls `configure`, an event goes where the
program that embeds Sitewarden sends its own. Formatting, writing and compressing happen in a thread of their own,
because a full disk or a stopped terminal must never hold up the thread that serves the sites.
"""

import logging
import queue
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from logging.handlers import QueueHandler, QueueListener
from pathlib import Path
from typing import cast

import structlog
from structlog.typing import EventDict, WrappedLogger

from .log_files import CompressedDaily
from .log_lines import console_line, file_line
from .settings import Settings, SettingsInvalid

MAIN = "sitewarden"
CONNECTIONS = "sitewarden.connections"
PARSING = "sitewarden.parsing"
FILES = {MAIN: "sitewarden.log", CONNECTIONS: "mqtt_connections.log", PARSING: "mqtt_parsing.log"}

# Some seconds of a flood; a record takes about 1 KB.
WAITING_RECORDS = 10_000


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A structlog logger over the standard library's logger `name`, independent of structlog's global set-up."""
    return cast(
        structlog.stdlib.BoundLogger,
        structlog.wrap_logger(
            logging.getLogger(name),
            processors=[
                structlog.stdlib.filter_by_level,
                structlog.stdlib.PositionalArgumentsFormatter(),
                hold_exception,
                structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
            ],
            wrapper_class=structlog.stdlib.BoundLogger,
        ),
    )


def hold_exception(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:  # noqa: ARG001
    """Take the current exception along: in the thread that formats there is none."""
    if event.get("exc_info") is True:
        event["exc_info"] = sys.exc_info()
    return event


@contextmanager
def configure(settings: Settings, console: bool) -> Iterator[None]:
    """Write the log files of an installation, and with `console` a line per event to stderr, until closed.

    Logging belongs to the process, not to an installation: a program with two of them configures it once. What was
    set before is restored. Raises `SettingsInvalid` if the log directory cannot be written.
    """
    with ExitStack() as undo:
        handlers = open_files(settings, undo)
        if console:
            handlers.append(console_handler())
        outbox = Outbox(queue.SimpleQueue())
        listener = QueueListener(outbox.queue, *handlers)
        listener.start()
        undo.callback(listener.stop)
        attach(outbox, settings.log.level, undo)
        yield


def open_files(settings: Settings, undo: ExitStack) -> list[logging.Handler]:
    handlers: list[logging.Handler] = []
    try:
        settings.log_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, file in FILES.items():
            handlers.append(log_file(settings.log_dir / file, settings.log.keep_days, name))
            undo.callback(handlers[-1].close)
    except OSError as error:
        reason = "it is not a directory" if isinstance(error, FileExistsError) else error.strerror
        raise SettingsInvalid(f"LOG_DIR (log.dir): cannot log in {settings.log_dir.absolute()}: {reason}") from error
    return handlers


def attach(outbox: "Outbox", level: str, undo: ExitStack) -> None:
    """Take every record of the process, ours from `level` on and those of the libraries from WARNING on."""
    root, ours = logging.getLogger(), logging.getLogger(MAIN)
    for logger, wanted in ((root, logging.WARNING), (ours, logging.getLevelNamesMapping()[level])):
        undo.callback(logger.setLevel, logger.level)
        logger.setLevel(wanted)
    root.addHandler(outbox)
    undo.callback(root.removeHandler, outbox)


def log_file(path: Path, keep_days: int, name: str) -> logging.Handler:
    handler = CompressedDaily(path, keep_days)
    handler.setFormatter(file_line())
    handler.addFilter(lambda record: file_of(record.name) == name)
    return handler


def file_of(logger_name: str) -> str:
    """Which of `FILES` a record belongs to, by its logger's name; each record is in one file."""
    for name in (CONNECTIONS, PARSING):
        if logger_name == name or logger_name.startswith(f"{name}."):
            return name
    return MAIN


def console_handler() -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(console_line())
    return handler


class Outbox(QueueHandler):
    """Hands records to the writing thread; past `WAITING_RECORDS` it drops, counts, and tells when it takes again."""

    def __init__(self, records: "queue.SimpleQueue[logging.LogRecord]") -> None:
        super().__init__(records)
        self.records = records
        self.dropped = 0

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        # The base class formats here, in the caller's thread, to be able to pickle; our records stay in the process.
        return record

    def enqueue(self, record: logging.LogRecord) -> None:
        if self.records.qsize() >= WAITING_RECORDS:
            self.dropped += 1
            return
        if self.dropped:
            dropped, self.dropped = self.dropped, 0
            notice = "%d log records dropped: the log could not be written as fast as it was told"
            self.records.put(logging.LogRecord(MAIN, logging.WARNING, __file__, 0, notice, (dropped,), None))
        self.records.put(record)
