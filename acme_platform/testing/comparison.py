"""A comparison: what a case expects beside what was found, as PostgreSQL reads both.

Belongs here: the two temporary tables. Not here: where the found rows come from (`trial.py`), how a difference looks
(`drawing.py`).
"""

from collections.abc import Mapping, Sequence

from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.testing import drawing, given
from acme_platform.testing.document import Section
from acme_platform.warehouse.connection import names

#: beside the answer's own columns, whatever they are called
PLACE = sql.Identifier("place of the row")
FOUND, EXPECTED = sql.Identifier("pg_temp", "found"), sql.Identifier("pg_temp", "expected")


def compared(
    cursor: Cursor, section: Section, answer: sql.Composable, parameters: Mapping[str, object], *, ordered: bool
) -> str:
    """Empty where the columns that are drawn are the same in all rows; else what differs.

    What is expected is read as the types of what is found: 10 is 10.00, and a moment is one in every zone.
    """
    there = _find(cursor, answer, parameters)
    given.drawn(section, there)
    columns = section.drawing.columns if section.drawing else there
    _expect(cursor, columns, section.drawing.rows if section.drawing else ())
    expected, found = _texts(cursor, EXPECTED, columns), _texts(cursor, FOUND, columns)
    differing = drawing.differences(columns, expected, found, ordered=ordered)
    return "\n".join([f"{section.where}: expected (-) and found (+) differ", *differing]) if differing else ""


def _find(cursor: Cursor, answer: sql.Composable, parameters: Mapping[str, object]) -> tuple[str, ...]:
    """The answer's rows in their order; returns its columns."""
    cursor.execute("drop table if exists pg_temp.found, pg_temp.expected")
    made = sql.SQL("create temporary table found as select row_number() over () as {}, * from ({}) as answer")
    cursor.execute(made.format(PLACE, answer), parameters)
    cursor.execute(sql.SQL("select * from {} limit 0").format(FOUND))
    _, *columns = (column.name for column in cursor.description or ())
    return tuple(columns)


def _expect(cursor: Cursor, columns: Sequence[str], rows: Sequence[drawing.Row]) -> None:
    made = sql.SQL("create temporary table expected as select {}, {} from {} limit 0")
    cursor.execute(made.format(PLACE, names(columns), FOUND))
    values = sql.SQL(", ").join([sql.Placeholder()] * (len(columns) + 1))
    for place, row in enumerate(rows):
        cursor.execute(sql.SQL("insert into {} values ({})").format(EXPECTED, values), (place, *row))


def _texts(cursor: Cursor, table: sql.Composable, columns: Sequence[str]) -> list[drawing.Row]:
    texts = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(column)) for column in columns)
    cursor.execute(sql.SQL("select {} from {} order by {}").format(texts, table, PLACE))
    return [tuple(row) for row in cursor]
