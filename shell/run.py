"""`sitewarden run`: Sitewarden in the foreground, until it is told to stop."""

from ..config.logging import configure
from ..config.settings import load
from .collector import tune_collector
from .data_directory import make_data_directory
from .installation import Installation
from .options import ConfigFile
from .refusal import Refusal
from .stop_signal import stop_signals


def run(config: ConfigFile = None) -> None:
    """Supervise the sites in the foreground; SIGTERM and Ctrl-C stop in order."""
    settings = load(config)
    make_data_directory(settings.data_dir)  # the log's directory is in it, unless it is told otherwise
    failures: list[Exception] = []
    # Signals before all else: one that comes during the start stops what has started, in order. The log outlives the
    # installation, whose last words go into it.
    with stop_signals() as stop, configure(settings, console=True):

        def end(error: Exception) -> None:
            failures.append(error)
            stop.set()

        with Installation(settings, on_failure=end):
            tune_collector()
            stop.wait(None)
    if failures:
        raise Refusal(f"the actors have stopped ({failures[0]}); the log in {settings.log_dir} says more")
