"""A diagnosis as it is printed: each stage when it ends, with a sign that we wait."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..actors.stages import Outcome, Stage

STYLES = {Outcome.OK: "green", Outcome.WARNING: "yellow", Outcome.FAILED: "bold red", Outcome.SKIPPED: "dim"}

# Columns: the longest name of a stage and of an outcome, and ten seconds with their decimals.
NAME_WIDTH, OUTCOME_WIDTH, SECONDS_WIDTH = 7, 7, 7


class StageLines:
    """Prints stages: in columns that wrap on a terminal, a line each elsewhere."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def print(self, title: str, stages: Iterator[Stage]) -> list[Stage]:
        """Print stages as they come, below a title; return them all."""
        typer.echo(title)
        done: list[Stage] = []
        with self.waiting():
            for stage in stages:
                done.append(stage)
                if self.console.is_terminal:
                    self.console.print(in_columns(stage))
                else:
                    typer.echo(in_lines(stage))
        return done

    @contextmanager
    def waiting(self) -> Iterator[None]:
        if not self.console.is_terminal:
            yield
            return
        with self.console.status("waiting for the next stage"):
            # Ctrl-C ends the process at once: nobody would bring back a cursor that is hidden.
            self.console.show_cursor(True)
            yield


def in_columns(stage: Stage) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(width=NAME_WIDTH)
    table.add_column(width=OUTCOME_WIDTH)
    table.add_column(width=SECONDS_WIDTH, justify="right")
    table.add_column()
    table.add_row(Text(stage.name), Text(stage.outcome, STYLES[stage.outcome]), seconds_of(stage), Text(stage.result))
    if stage.advice:
        table.add_row("", "", "", Text(stage.advice, "italic"))
    return table


def in_lines(stage: Stage) -> str:
    line = f"{stage.name:<{NAME_WIDTH}} {stage.outcome:<{OUTCOME_WIDTH}} {seconds_of(stage):>{SECONDS_WIDTH}}"
    return "\n".join([f"{line} {stage.result}", *([f"  {stage.advice}"] if stage.advice else [])])


def seconds_of(stage: Stage) -> str:
    return "" if stage.outcome is Outcome.SKIPPED else f"{stage.seconds:.2f} s"
