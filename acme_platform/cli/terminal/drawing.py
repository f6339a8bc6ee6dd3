"""Drawing for a terminal: tables and lines as wide as it is, and no word that it has room for is broken.

Belongs here: which columns there is room for, and where lines end. Not here: what is shown in a pipe (`console.py`).
"""

import textwrap
from collections.abc import Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

Cells = Sequence[Sequence[str]]
#: between two columns
GAP = 2


def draw(columns: Sequence[str], cells: Cells, numeric: Sequence[bool]) -> None:
    """As a table; empty columns give way where it is too wide, and then the table to a list of each row."""
    console = Console(highlight=False)
    kept = [n for n in range(len(columns)) if any(row[n] for row in cells)] if cells else range(len(columns))
    for chosen in (range(len(columns)), kept):
        names, rows = [columns[n] for n in chosen], [[row[n] for n in chosen] for row in cells]
        if widths := _widths(names, rows, console.width):
            console.print("", _table(names, rows, [numeric[n] for n in chosen], widths), "", sep="\n")
            return
    for row in cells:
        console.print()
        for line in _listed(columns, row, console.width):
            console.print(line, soft_wrap=True)
    console.print()


def wrapped(text: str, width: int) -> str:
    """Lines that end between words, each as far in as its first one begins."""
    return "\n".join(_fill(line, width, line[: len(line) - len(line.lstrip())]) for line in text.split("\n"))


def _table(columns: Sequence[str], cells: Cells, numeric: Sequence[bool], widths: Sequence[int]) -> Table:
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, collapse_padding=True)
    for column, is_number, width in zip(columns, numeric, widths, strict=True):
        table.add_column(Text(column), justify="right" if is_number else "left", width=width)
    for row in cells:
        table.add_row(*map(Text, row))
    return table


def _widths(columns: Sequence[str], cells: Cells, width: int) -> list[int]:
    """Of each column, so that all of them fit and its longest word does; none where that cannot be, or where columns
    would be so narrow that a list is shorter.
    """
    room = width - GAP * (len(columns) - 1)
    held = [[column, *(row[n] for row in cells)] for n, column in enumerate(columns)]
    least = [max(map(_longest_word, texts)) for texts in held]
    most = [max(map(cell_len, texts)) for texts in held]
    if not columns or sum(least) > room:
        return []
    widths = _shared(least, most, room)
    lines = sum(max(-(-cell_len(cell) // wide) for cell, wide in zip(row, widths, strict=True)) for row in cells)
    return widths if lines <= sum(1 + len([cell for cell in row if cell]) for row in cells) else []


def _shared(least: Sequence[int], most: Sequence[int], room: int) -> list[int]:
    """What is left above the least goes to all alike; who wants little gets it all."""
    widths, left = list(least), room - sum(least)
    wanting = sorted(range(len(least)), key=lambda n: most[n] - least[n])
    for turn, n in enumerate(wanting):
        more = min(most[n] - least[n], left // (len(wanting) - turn))
        widths[n], left = widths[n] + more, left - more
    return widths


def _listed(columns: Sequence[str], row: Sequence[str], width: int) -> Iterator[Text]:
    """A line a column that is not empty; a word that has no room beside its column's name begins a line."""
    label = max(map(cell_len, columns))
    for column, cell in zip(columns, row, strict=True):
        if cell and _longest_word(cell) + label + 2 > width:
            yield Text(column, style="bold")
            yield Text(_fill(cell, width, ""))
        elif cell:
            first, *rest = _fill(cell, width - label - 2, "").split("\n")
            yield Text.assemble((column.ljust(label), "bold"), f"  {first}")
            yield from (Text(" " * (label + 2) + line) for line in rest)


def _fill(line: str, width: int, indent: str) -> str:
    return textwrap.fill(
        line,
        max(width, 1),
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
    )


def _longest_word(text: str) -> int:
    return max(map(cell_len, text.split()), default=1)
