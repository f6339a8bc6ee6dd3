"""How a difference is written: for people, for spreadsheets and for programs; and a preview, which is one.

Belongs here: words and columns. Not here: what differs (`differences/`), what is asked (`diff.py`, `preview.py`).
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from acme_platform.cli.terminal import console

if TYPE_CHECKING:
    from acme_platform.differences.difference import Difference, Row
    from acme_platform.differences.preview import Preview
    from acme_platform.model.table import Table

SIGNS = {"added": "+", "removed": "-", "changed": "~"}


def write(title: str, difference: "Difference", limit: int) -> None:
    console.say(title)
    added, others = console.count(difference.added, "row"), f"{difference.removed:,} removed"
    console.say(f"  {added} added, {others}, {difference.changed:,} changed")
    if difference.columns:
        console.show(("column", "rows changed"), difference.columns.items())
    lines = [(SIGNS[row.kind], _words(row.key), _cells(row)) for row in _first(difference, limit)]
    if lines:
        console.say("")
        console.show(("", "key", "before → after"), lines)


def document(table: "Table", states: str, difference: "Difference", limit: int) -> dict[str, object]:
    return {
        "table": table.full_name,
        "compared": states,
        "rows_added": difference.added,
        "rows_removed": difference.removed,
        "rows_changed": difference.changed,
        "columns_changed": dict(difference.columns),
        "sample": [
            {"row": row.kind, "key": row.key, "before": row.before, "after": row.after}
            for row in _first(difference, limit)
        ],
    }


def write_cells(table: "Table", difference: "Difference", limit: int, form: console.Format) -> None:
    """A line a cell that differs, which a spreadsheet can filter."""
    rows = list(_first(difference, limit))
    key = [column for column in table.sql.shape.key if any(column in row.key for row in rows)]
    cells = [
        (row.kind, *(row.key[column] for column in key), column, before, after)
        for row in rows
        for column, before, after in row.cells
    ]
    console.show(("row", *key, "column", "before", "after"), cells, form)


def write_preview(found: "Preview", limit: int) -> None:
    of_day = f"{found.table.full_name} of {found.day}"
    write(f"{of_day}: {_states(found)}", found.difference, limit)
    for said, columns in (("gains", found.gained), ("loses", found.lost)):
        if columns:
            console.say(f"  the table {said} {', '.join(columns)}")


def preview_document(found: "Preview", limit: int) -> dict[str, object]:
    facts = {"day": found.day, "rows": found.rows, "columns_gained": found.gained, "columns_lost": found.lost}
    return document(found.table, _states(found), found.difference, limit) | facts


def _states(found: "Preview") -> str:
    return "what stands against its SQL now" if found.stands else "never filled"


def _words(values: object) -> str:
    return ", ".join(f"{column} {value}" for column, value in dict(values).items())  # type: ignore[call-overload]  # a mapping


def _cells(row: "Row") -> str:
    """Of a changed row both sides of what differs, of another one its values."""
    if row.kind != "changed":
        return _words(row.after or row.before)
    return ", ".join(f"{column} {_shown(before)} → {_shown(after)}" for column, before, after in row.cells)


def _shown(value: object) -> str:
    return "(empty)" if value is None else str(value)


def _first(difference: "Difference", limit: int) -> "Iterator[Row]":
    """The first rows of each kind."""
    for kind in SIGNS:
        yield from [row for row in difference.sample if row.kind == kind][:limit]
