"""Watching a run: one bar on a terminal, a line a table in a pipe, and what it came to in the end.

Belongs here: how a run looks while it goes on and when it is over. Not here: running it (`acme_assets/run.py`).
"""

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from acme_assets.cli import console
from acme_assets.cli.console import count
from acme_assets.day import Days

if TYPE_CHECKING:
    from acme_assets.run import Outcome


@dataclass
class Tally:
    """What one table came to so far, and how long its days took, its checks included."""

    filled: int = 0
    unchanged: int = 0
    rows: int = 0
    seconds: float = 0.0

    @property
    def days(self) -> int:
        return self.filled + self.unchanged


@dataclass
class Watch:
    """Counts the days of every table while runs go on; it is the `progress` of the services."""

    tables: tuple[str, ...]
    days: Days
    bars: Progress
    task: TaskID
    tallies: dict[str, Tally] = field(default_factory=dict)
    _began: float = field(default_factory=time.monotonic)
    _last: float = field(default_factory=time.monotonic)

    def __call__(self, table: str, rows: int, filled: bool) -> None:
        tally = self.tallies.setdefault(table, Tally())
        now = time.monotonic()
        tally.seconds += now - self._last
        self._last = now
        tally.rows += rows
        tally.filled += filled
        tally.unchanged += not filled
        self.bars.update(self.task, advance=1, description=table, left=self._said_left())
        # not sys.stderr.isatty(): while the bars are drawn rich stands in for it and denies being a terminal
        if self.bars.disable and tally.days == len(self.days):
            print(f"{table}: {count(tally.days, 'day')}, {count(tally.rows, 'row')}", file=sys.stderr)

    def seconds_left(self) -> float | None:
        """What is still to do at the measured pace of each table; None while half of the tables have not begun.

        Layers differ tenfold: from the pace of raw alone nobody can tell how long answers take.
        """
        done = sum(tally.days for tally in self.tallies.values())
        if len(self.tallies) * 2 < len(self.tables):
            return None
        pace = sum(tally.seconds for tally in self.tallies.values()) / done
        unbegun = len(self.tables) - len(self.tallies)
        begun = sum((len(self.days) - tally.days) * tally.seconds / tally.days for tally in self.tallies.values())
        return begun + unbegun * len(self.days) * pace

    def _said_left(self) -> str:
        left = self.seconds_left()
        return "" if left is None else f"about {_clock(left)} left"

    def summary(self, run_ids: list[str]) -> str:
        """What became of every day of every table, and in how long."""
        filled, unchanged = (
            sum(getattr(one, what) for one in self.tallies.values()) for what in ("filled", "unchanged")
        )
        waiting = len(self.tables) * len(self.days) - filled - unchanged
        failed = f", {waiting:,} FAILED or waiting" if waiting else ""
        runs = f"run {run_ids[0][:8]}" if len(run_ids) == 1 else f"{len(run_ids)} runs"
        what = f"{count(len(self.days), 'day')} of {count(len(self.tables), 'table')}"
        took = _clock(time.monotonic() - self._began)
        return f"{self.days}: {what}: {filled:,} filled, {unchanged:,} unchanged{failed}; {took} ({runs})"


@contextmanager
def watching(tables: tuple[str, ...], days: Days) -> Iterator[Watch]:
    """A bar on standard error while the block runs: one step is one day of one table."""
    columns = (
        TextColumn("{task.description:<34}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
    )
    terminal = Console(stderr=True)
    with Progress(*columns, console=terminal, disable=not terminal.is_terminal) as bars:
        yield Watch(tables, days, bars, bars.add_task("", total=len(tables) * len(days), left=""))


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


def _clock(seconds: float) -> str:
    """`0.8 s`, `41 s`, `3:07 min`."""
    if seconds < 10:  # noqa: PLR2004  # tenths mean something below it
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 60 else f"{seconds // 60:.0f}:{seconds % 60:02.0f} min"  # noqa: PLR2004
