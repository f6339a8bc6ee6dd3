"""Given rows: what a case draws comes into the tables that its SQL reads.

Belongs here: rows of raw as a delivery brings them, other rows as their table declares them, and what a drawing leaves
out. Not here: which tables a case needs (`bench.py`).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime

from psycopg2 import sql
from psycopg2.extras import execute_values

from acme_platform.cursor import Cursor
from acme_platform.errors import MendInput
from acme_platform.lake import LakeObject
from acme_platform.ledger import deliveries
from acme_platform.model.table import Table
from acme_platform.model.table_schema import Column
from acme_platform.testing.document import Section
from acme_platform.testing.drawing import Cell
from acme_platform.warehouse.connection import name, names
from acme_platform.warehouse.partition import Part

RUN = "acme-test"
Values = dict[str, Cell]


def deliver(cursor: Cursor, table: Table, day: date, section: Section, place: int) -> None:
    """The drawn rows are the file of that place among those given; a column that is not drawn is empty.

    One that the table does not declare is kept in `extra`, as of any delivery.
    """
    columns, titles = table.sql.shape.names, section.drawing.columns if section.drawing else ()
    extra = tuple(title for title in titles if title not in columns)
    invented = {title: f"extra column {number}" for number, title in enumerate(extra)}
    rows = [{invented.get(title, title): cell for title, cell in row.items()} for row in drawn(section, titles)]
    (number,) = deliveries.new_ids(cursor, 1)
    file = LakeObject(f"given-{place}.csv", len(rows), str(number), datetime.now(UTC))
    part = Part(table.name, number)
    part.create(cursor, (*columns, *invented.values()), first_row=1)
    _insert(cursor, part.full_name, (*columns, *invented.values()), rows)
    part.stamp(cursor, day, file.key, tuple(invented.items()))
    part.attach(cursor, table.full_name, day)
    reading = deliveries.Reading(number, table.full_name, day, file, RUN)
    deliveries.record_loaded(cursor, reading, deliveries.Counts(len(rows), 0, ""))
    deliveries.show(cursor, [number])


def insert(cursor: Cursor, table: Table, sections: Sequence[tuple[date, Section]]) -> None:
    """The drawn rows stand in the table; a column that is not drawn is empty, or plain where it must not be."""
    columns = table.sql.shape.columns
    rows = [
        {table.day_column: str(day), **row}
        for day, section in sections
        for row in drawn(section, [one.name for one in columns])
    ]
    full = [
        {column.name: row.get(column.name, _plain(column, number)) for column in columns}
        for number, row in enumerate(rows, 1)
    ]
    if table.layer.keeps_versions and not any("valid_to" in row for row in rows):
        _end(table, full)
    _insert(cursor, table.full_name, [column.name for column in columns], full)


def drawn(section: Section, known: Sequence[str]) -> list[Values]:
    """Each row as column -> value."""
    if section.drawing is None:
        return []
    if strange := [column for column in section.drawing.columns if column not in known]:
        raise MendInput(f"{section.where}: there is no column {strange[0]}", f"draw some of: {', '.join(known)}")
    return [dict(zip(section.drawing.columns, row, strict=True)) for row in section.drawing.rows]


def _insert(cursor: Cursor, full_name: str, columns: Sequence[str], rows: Sequence[Mapping[str, Cell]]) -> None:
    if rows:
        statement = sql.SQL("insert into {} ({}) values %s").format(name(full_name), names(columns))
        execute_values(cursor, statement, [tuple(row.get(column) for column in columns) for row in rows])


def _plain(column: Column, number: int) -> Cell:
    """Of a column that nobody draws and that must not be empty: other rows, other values."""
    if not column.required:
        return None
    if column.type.startswith(("date", "timestamp")):
        return "2024-01-01"
    return {"boolean": "false"}.get(column.type, str(number))


def _end(table: Table, rows: Sequence[Values]) -> None:
    """`valid_to` of each row as filling the days in their order would leave it."""
    chain = [column for column in table.sql.shape.key if column != "day"]
    chain = [] if table.keep == "snapshot" else chain[:-1] if table.keep == "changes" else chain
    order = [column for column in table.sql.shape.key if column not in chain]
    for row in rows:
        later = [
            other
            for other in rows
            if _of(other, chain) == _of(row, chain)
            and (other["day"] > row["day"] if table.keep == "snapshot" else _of(other, order) > _of(row, order))  # type: ignore[operator]  # days are drawn
        ]
        ends = sorted(filter(None, (other["day"] for other in later)))
        row["valid_to"] = row["day"] if row.get("is_deleted") == "true" else next(iter(ends), None)


def _of(row: Mapping[str, Cell], columns: Sequence[str]) -> tuple[str, ...]:
    return tuple(row[column] or "" for column in columns)


def days(sections: Sequence[Section], usual: date) -> Iterator[tuple[date, Section]]:
    """Each section with its day, oldest first."""
    yield from sorted(((section.day or usual, section) for section in sections), key=lambda pair: pair[0])
