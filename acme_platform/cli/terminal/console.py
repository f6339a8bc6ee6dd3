"""What people see: tables, counts and errors, coloured on a terminal and plain in a pipe.

As wide as the terminal, or as COLUMNS says; in a pipe without that, where programs read lines, never cut.

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

from rich.cells import cell_len
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from acme_platform.cli.terminal.drawing import draw, wrapped
from acme_platform.config.secret import without_secrets
from acme_platform.errors import AcmeError, TryAgain
from acme_platform.wording import count

__all__ = ["Format", "Row", "complain", "count", "counting", "say", "show", "telling", "title", "warn"]

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
    """A line to standard output, which ends between words where it is longer than the terminal is wide."""
    _print(Console(highlight=False), text)


def title(text: str) -> None:
    """A heading to standard output."""
    _print(Console(highlight=False), f"\n{text}", "bold")


def proposals(commands: Iterable[tuple[str, str]]) -> None:
    """Commands and what they do, beside each other, or below where a terminal has no room for both."""
    pairs, width = list(commands), _width(Console())
    longest = max(len(command) for command, _ in pairs)
    has_room = width is None or longest + 5 + max(len(what) for _, what in pairs) <= width
    for command, what in pairs:
        say(f"  {command.ljust(longest)}   {what}" if has_room else f"  {command}\n      {what}")


def warn(text: str, *, bad: bool = False) -> None:
    """A line to standard error: red for what is wrong, yellow for what is worth a look."""
    _print(_errors(), text, "bold red" if bad else "yellow")


def complain(error: AcmeError) -> None:
    """What happened, red on a terminal, and what to do next, to standard error."""
    warn(without_secrets(error.message, os.environ), bad=True)
    if next_step := _next(error):
        _print(_errors(), f"  next: {next_step}")


def _next(error: AcmeError) -> str:
    """Runs and looks of sensors are tried again by themselves, and commands are not."""
    return error.next_step or ("type the command again" if isinstance(error, TryAgain) else "")


@contextmanager
def counting(what: str) -> Iterator[Callable[[int], None]]:
    """A running count on a terminal, and nothing in a pipe; call what it yields with each number that is done."""
    console = Console(stderr=True)
    columns = SpinnerColumn(), TextColumn("{task.completed:,.0f} {task.description}"), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done: progress.advance(task, done)


@contextmanager
def telling() -> Iterator[Callable[[str], None]]:
    """What is being done: the newest of it on a terminal, a line each in a pipe."""
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield lambda what: print(what, file=sys.stderr)
        return
    with console.status("") as status:
        yield status.update


def _errors() -> Console:
    return Console(stderr=True, highlight=False)


def _print(to: Console, text: str, style: str = "") -> None:
    width = _width(to)
    to.print(Text(text if width is None else wrapped(text, width), style=style), soft_wrap=True)


def _width(to: Console) -> int | None:
    """In columns; None where a line may be as long as it is."""
    return to.width if to.is_terminal or os.environ.get("COLUMNS", "").isdigit() else None


def _show_table(columns: Sequence[str], rows: Sequence[Row]) -> None:
    cells = [[_cell(value) for value in row] for row in rows]
    numeric = [all(isinstance(row[n], int | float | Decimal | None) for row in rows) for n in range(len(columns))]
    lines, width = list(_aligned([columns, *cells], numeric)), _width(Console())
    if sys.stdout.isatty() or (width is not None and max(map(cell_len, lines)) > width):
        draw(columns, cells, numeric)
    else:
        print(*lines, sep="\n")


def _aligned(lines: Sequence[Sequence[str]], numeric: Sequence[bool]) -> Iterator[str]:
    """Columns by blanks, each as wide as its widest cell."""
    widths = [max(len(line[n]) for line in lines) for n in range(len(numeric))]
    for line in lines:
        placed = zip(line, widths, numeric, strict=True)
        yield "  ".join(cell.rjust(width) if right else cell.ljust(width) for cell, width, right in placed).rstrip()


def _cell(value: object) -> str:
    """One line, whatever was delivered: a control character in the data must not steer somebody's terminal."""
    text = "" if value is None else str(value)
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)
