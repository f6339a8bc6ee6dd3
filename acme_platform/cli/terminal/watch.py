"""Watching a run: one bar on a terminal, a line a table in a pipe, and what it came to in the end.

Belongs here: how a run looks while it goes on and when it is over. Not here: running it (`acme_platform/runs.py`), how
long the rest of a table takes (`tally.py`).
"""

import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from acme_platform.cli.terminal import console
from acme_platform.cli.terminal.console import count
from acme_platform.cli.terminal.tally import Tally
from acme_platform.day import Days, spans
from acme_platform.model.check_names import SOMETHING_DELIVERED

if TYPE_CHECKING:
    from acme_platform.runs import Broken, Outcome


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
    _before: Tally | None = None

    def __call__(self, table: str, rows: int, filled: bool) -> None:
        tally = self.tallies.setdefault(table, Tally())
        self._time(tally)
        tally.rows += rows
        tally.filled += filled
        tally.unchanged += not filled
        self.bars.update(self.task, advance=1, description=table, left=self._said_left())
        # not sys.stderr.isatty(): while the bars are drawn rich stands in for it and denies being a terminal
        if self.bars.disable and tally.days == len(self.days):
            print(f"{table}: {count(tally.days, 'day')}, {count(tally.rows, 'row')}", file=sys.stderr)

    def _time(self, tally: Tally) -> None:
        """Between the last day of a table and the first of the next one lie the checks of the former."""
        now = time.monotonic()
        took, self._last = now - self._last, now
        if self._before and tally is not self._before:
            self._before.share(took)
        tally.seconds.append(took if tally is self._before else 0.0)
        tally.fresh += 1
        self._before = tally

    def seconds_left(self) -> float | None:
        """What is still to do at the measured pace of each table; None while half of the tables are not measured.

        Layers differ tenfold: from the pace of raw alone nobody can tell how long answers take.
        """
        measured = [tally for tally in self.tallies.values() if any(tally.seconds)]
        if len(measured) * 2 < len(self.tables):
            return None
        pace = sum(sum(tally.seconds) for tally in measured) / sum(tally.days for tally in measured)
        others = len(self.tables) - len(measured)
        return sum(tally.left(len(self.days) - tally.days) for tally in measured) + others * len(self.days) * pace

    def _said_left(self) -> str:
        left = self.seconds_left()
        return f"about {_clock(left)} left" if left else ""

    def passed(self, run: Days) -> None:
        """Say in a pipe, where there is no bar, that one of several runs is over."""
        if self.bars.disable and run.last < self.days.last:
            done = f"{(run.last - self.days.first).days + 1} of {count(len(self.days), 'day')}"
            said = ", ".join(filter(None, (done, _clock(time.monotonic() - self._began), self._said_left())))
            print(f"{run} is over: {said}", file=sys.stderr)

    def summary(self, ended: list[str], runs: int) -> str:
        """What became of every day of every table, and in how long; `ended` are those of the runs that did."""
        filled, unchanged = (
            sum(getattr(tally, what) for tally in self.tallies.values()) for what in ("filled", "unchanged")
        )
        others = len(self.tables) * len(self.days) - filled - unchanged
        became = "FAILED or waiting" if len(ended) == runs else "not done"
        rest = f", {others:,} {became}" if others else ""
        what = f"{count(len(self.days), 'day')} of {count(len(self.tables), 'table')}"
        took = _clock(time.monotonic() - self._began)
        return f"{self.days}: {what}: {filled:,} filled, {unchanged:,} unchanged{rest}; {took} ({_told(ended, runs)})"


def _told(ended: list[str], runs: int) -> str:
    if len(ended) < runs:
        return f"cut short in run {len(ended) + 1} of {runs}"
    return f"run {ended[0][:8]}" if runs == 1 else f"{runs} runs"


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
        yield Watch(tables, days, bars, bars.add_task("starting", total=len(tables) * len(days), left=""))


def report(outcomes: "Iterable[Outcome]") -> None:
    """What went wrong in the runs, and what their checks found; nothing when all is well."""
    for outcome in outcomes:
        _report(outcome)
        if any(broken.check != SOMETHING_DELIVERED for broken in outcome.broken):
            _explain()


@cache
def _explain() -> None:
    """Once a command: the demo has six runs."""
    console.warn("(`should X of Y`: rows of Y break the promise X, which only warns; a `must` stops what reads Y)")


def show_done(done: Mapping[str, Set[date]], days: Days) -> None:
    """How far each table came in a range that was cut short."""
    rows = [(table, _few(spans(these), "range") or "none", len(these)) for table, these in done.items()]
    console.show(("table", "days done", f"of {len(days):,}"), rows)


def _report(outcome: "Outcome") -> None:
    for broken in outcome.broken:
        console.warn(_found(broken), bad=broken.must)
    if outcome.uncompared:
        tables = _few(dict.fromkeys(f"{table} of {days}" for table, _, days in outcome.uncompared), "table")
        console.warn(f"nothing to compare: {count(len(outcome.uncompared), '`must` check')} of {tables}")
    for table, message in outcome.errors:
        console.warn(f"{table}: {message}", bad=True)


def _found(broken: "Broken") -> str:
    if broken.check == SOMETHING_DELIVERED:
        return f"no row was delivered of {broken.table}: {_few((day[:10] for day in broken.days), 'day')}"
    return f"{'must' if broken.must else 'should'} {broken.check} of {broken.table}: {_few(broken.days, 'day')}"


def _few(items: Iterable[object], noun: str, most: int = 3) -> str:
    listed = list(map(str, items))
    more = f" and {count(len(listed) - most, f'more {noun}')}" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more


def _clock(seconds: float) -> str:
    """`0.8 s`, `41 s`, `3:07 min`."""
    if seconds < 10:  # noqa: PLR2004  # tenths mean something below it
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 60 else f"{seconds // 60:.0f}:{seconds % 60:02.0f} min"  # noqa: PLR2004
