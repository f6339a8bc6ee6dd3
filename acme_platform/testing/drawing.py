"""Drawings: tables in text, as Markdown draws them.

    | order_id | amount |
    |----------|--------|
    | 101      | 10.00  |
    | 102      |        |

An empty cell is a missing value, `''` an empty text, `\\|` a bar within a value.

Belongs here: reading and drawing, and two tables as one that shows where they differ. Not here: what a table is for
(`document.py`).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Cell = str | None
Row = tuple[Cell, ...]


@dataclass(frozen=True)
class Drawing:
    """A table: the names of its columns, and its rows."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def is_line(line: str) -> bool:
    return line.lstrip().startswith("|")


def read(lines: Sequence[str]) -> Drawing:
    """The drawing. Raises ValueError, with the number of the line that is not as wide as the first."""
    titles, *others = map(_cells, lines)
    rows = [(number, cells) for number, cells in enumerate(others, 1) if not _is_rule(cells)]
    for number, cells in rows:
        if len(cells) != len(titles):
            raise ValueError(number, f"{len(cells)} cells below {len(titles)} columns")
    return Drawing(tuple(titles), tuple(tuple(map(_value, cells)) for _, cells in rows))


def draw(columns: Sequence[str], rows: Iterable[Row], marks: Sequence[str] = ()) -> list[str]:
    """Lines as wide as the widest cell, behind a mark each where there are any."""
    cells = [[_shown(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    rule = ["-" * width for width in widths]
    lines = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells]
    head = [f"| {' | '.join(name.ljust(width) for name, width in zip(columns, widths, strict=True))} |"]
    drawn = [*head, f"|-{'-|-'.join(rule)}-|", *(f"| {line} |" for line in lines)]
    before = ["  ", "  ", *(f"{mark} " for mark in marks)] if marks else [""] * len(drawn)
    return [f"{mark}{line}" for mark, line in zip(before, drawn, strict=True)]


def differences(columns: Sequence[str], expected: Sequence[Row], found: Sequence[Row], *, ordered: bool) -> list[str]:
    """Nothing where the rows are the same; else both as one table, `-` what is missing, `+` what is too much."""
    if list(expected) == list(found) or (not ordered and sorted(map(_sortable, expected)) == _sorted(found)):
        return []
    left, marked = list(found), list[tuple[str, Row]]()
    for row in expected:
        if row in left:
            left.remove(row)
            marked.append((" ", row))
            continue
        marked.append(("-", row))
        if twin := next((other for other in left if other[0] == row[0] and other not in expected), None):
            left.remove(twin)
            marked.append(("+", twin))
    marked += [("+", row) for row in left]
    lines = draw(columns, [row for _, row in marked], [mark for mark, _ in marked])
    if all(mark == " " for mark, _ in marked):
        return [*lines, "these rows come in another order:", *draw(columns, found)]
    return lines


def _sorted(rows: Iterable[Row]) -> list[tuple[tuple[bool, str], ...]]:
    return sorted(map(_sortable, rows))


def _sortable(row: Row) -> tuple[tuple[bool, str], ...]:
    return tuple((cell is None, cell or "") for cell in row)


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|")
    return [cell.replace("\\|", "|").strip() for cell in re.split(r"(?<!\\)\|", inner.removesuffix("|"))]


def _is_rule(cells: Sequence[str]) -> bool:
    return all(re.fullmatch(":?-+:?", cell) for cell in cells)


def _value(cell: str) -> Cell:
    return {"": None, "''": ""}.get(cell, cell)


def _shown(cell: Cell) -> str:
    if cell is None:
        return ""
    return "''" if cell == "" else cell.replace("|", "\\|")
