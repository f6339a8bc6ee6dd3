"""What people see: tables, counts and errors, coloured on a terminal and plain in a pipe.

Belongs here: how results look in every format. Not here: what is in them.
"""

import csv
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from enum import StrEnum

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from acme_platform.config.secret import without_secrets
from acme_platform.errors import AcmeError

Row = Sequence[object]


class Format(StrEnum):
    """How rows are written: for people, for spreadsheets, for programs."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def show(columns: Sequence[str], rows: Iterable[Row], form: Format = Format.TABLE) -> None:
    """Write rows to standard output. Every digit is kept in every format: a decimal is a string in JSON."""
    match form:
        case Format.TABLE:
            _show_table(columns, list(rows))
        case Format.CSV:
            csv.writer(sys.stdout, lineterminator="\n").writerows([columns, *rows])
        case Format.JSON:
            print(json.dumps([dict(zip(columns, row, strict=True)) for row in rows], default=str, indent=2))


def say(text: str) -> None:
    """A line to standard output."""
    Console(highlight=False, soft_wrap=True).print(Text(text))


def title(text: str) -> None:
    """A heading to standard output."""
    Console(highlight=False, soft_wrap=True).print(Text(f"\n{text}", style="bold"))


def count(number: int, noun: str) -> str:
    """`1 day`, `1,200 days`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def warn(text: str, *, bad: bool = False) -> None:
    """A line to standard error: red for what is wrong, yellow for what is worth a look."""
    _errors().print(Text(text, style="bold red" if bad else "yellow"))


def complain(error: AcmeError) -> None:
    """What happened, red on a terminal, and what to do next, to standard error."""
    warn(without_secrets(error.message, os.environ), bad=True)
    if error.next_step:
        _errors().print(Text(f"  next: {error.next_step}"))


@contextmanager
def counting(what: str) -> Iterator[Callable[[int], None]]:
    """A running count on a terminal, and nothing in a pipe; call what it yields with each number that is done."""
    console = Console(stderr=True)
    columns = SpinnerColumn(), TextColumn("{task.completed:,.0f} {task.description}"), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done: progress.advance(task, done)


def _errors() -> Console:
    return Console(stderr=True, highlight=False, soft_wrap=True)


def _show_table(columns: Sequence[str], rows: Sequence[Row]) -> None:
    cells = [[_cell(value) for value in row] for row in rows]
    numeric = [all(isinstance(row[n], int | float | Decimal | None) for row in rows) for n in range(len(columns))]
    if sys.stdout.isatty():
        _draw(columns, cells, numeric)
    else:
        _align(columns, cells, numeric)


def _draw(columns: Sequence[str], cells: Sequence[Sequence[str]], numeric: Sequence[bool]) -> None:
    table = Table(box=SIMPLE_HEAD)
    for column, is_number in zip(columns, numeric, strict=True):
        table.add_column(column, justify="right" if is_number else "left", overflow="fold")
    for row in cells:
        table.add_row(*map(Text, row))
    Console().print(table)


def _align(columns: Sequence[str], cells: Sequence[Sequence[str]], numeric: Sequence[bool]) -> None:
    """Columns by blanks, each as wide as its widest cell, so that a pipe is never cut to the width of a terminal."""
    lines = [columns, *cells]
    widths = [max(len(line[n]) for line in lines) for n in range(len(columns))]
    for line in lines:
        placed = zip(line, widths, numeric, strict=True)
        print("  ".join(cell.rjust(width) if right else cell.ljust(width) for cell, width, right in placed).rstrip())


def _cell(value: object) -> str:
    """One line, whatever was delivered: a control character in the data must not steer somebody's terminal."""
    text = "" if value is None else str(value)
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)
