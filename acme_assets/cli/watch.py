"""Watching a run: a bar a table on a terminal, a line a table in a pipe, and what it came to in the end.

Belongs here: how a run looks while it goes on and when it is over. Not here: running it (`acme_assets/run.py`).
"""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from acme_assets.cli import console
from acme_assets.cli.console import count

if TYPE_CHECKING:
    from acme_assets.run import Outcome


@dataclass
class Watch:
    """Counts the days and rows of every table while a run goes on; it is the `progress` of the services."""

    days: int
    bars: Progress
    done: dict[str, list[int]] = field(default_factory=dict)
    _tasks: dict[str, TaskID] = field(default_factory=dict)

    def __call__(self, table: str, _day: date, rows: int) -> None:
        if table not in self._tasks:
            self._tasks[table] = self.bars.add_task(table, total=self.days, rows=0)
        self.done.setdefault(table, []).append(rows)
        self.bars.update(self._tasks[table], advance=1, rows=sum(self.done[table]))
        # not sys.stderr.isatty(): while the bars are drawn rich stands in for it and denies being a terminal
        if self.bars.disable and len(self.done[table]) == self.days:
            print(f"{table}: {count(self.days, 'day')}, {count(sum(self.done[table]), 'row')}", file=sys.stderr)


@contextmanager
def watching(days: int) -> Iterator[Watch]:
    """Bars on standard error while the block runs."""
    columns = (
        TextColumn("{task.description:<34}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("days {task.fields[rows]:>14,} rows"),
        TimeElapsedColumn(),
    )
    terminal = Console(stderr=True)
    with Progress(*columns, console=terminal, disable=not terminal.is_terminal) as bars:
        yield Watch(days, bars)


def report(outcome: "Outcome") -> None:
    """What went wrong in a run, and what its checks found; nothing when all is well."""
    for broken in outcome.broken:
        console.warn(
            f"{'must' if broken.must else 'should'} {broken.check} of {broken.table}: {_few(broken.days)}",
            bad=broken.must,
        )
    for table, message in outcome.errors:
        console.warn(f"{table}: {message}", bad=True)


def _few(days: Iterable[str], most: int = 3) -> str:
    listed = list(days)
    more = f" and {count(len(listed) - most, 'more day')}" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more
