"""Where the demo is drawn: a table that stays in its place on a terminal, lines elsewhere."""

from types import TracebackType
from typing import Self

import typer
from rich.console import Console
from rich.live import Live

from .demo_table import plain_lines, render
from .demo_trends import Snapshot, Trends

REDRAW_SECONDS = 1.0
# Lines stay: fewer of them.
LINES_SECONDS = 5.0


class Screen:
    """Draws snapshots, one each `seconds`, inside the `with` block."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.trends = Trends()
        self.is_unicode = console.encoding.lower().startswith("utf")
        self.live: Live | None = None
        if console.is_terminal and not console.is_dumb_terminal:
            # Drawn when there is something new, not by a thread of rich's own.
            self.live = Live(console=console, auto_refresh=False)
        self.seconds = REDRAW_SECONDS if self.live else LINES_SECONDS

    def __enter__(self) -> Self:
        if self.live:
            self.live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.live:
            self.live.stop()

    def draw(self, snapshot: Snapshot) -> None:
        self.trends.add(snapshot)
        if self.live:
            self.live.update(render(snapshot, self.trends, self.console.width, self.is_unicode), refresh=True)
        else:
            for line in plain_lines(snapshot, self.trends):
                typer.echo(line)
