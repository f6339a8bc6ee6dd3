"""The page of a day: what Dagster shows of it beside its row count, so that nobody has to ask for it elsewhere.

    rows_in          rows of what the day was made of, or of its files
    bytes            of its files; of a table the rows' own width, reckoned from the first ones
    first_rows       ten rows
    first_rejects    five rows that were not taken, and why
    first_files      the files of the day, where they are in the lake
    files_at         the address of the one file, or of the folder that holds all, to be copied

Belongs here: facts as JSON keeps them; a list of rows is a table. Not here: how Dagster shows them
(`orchestration/markdown.py`), seconds (`fill.py`), a layer's own facts (`own_layers.py`).
"""

from collections.abc import Mapping, Sequence
from datetime import date
from math import isfinite
from os.path import commonpath
from typing import Any

from psycopg2 import sql

from acme_platform.checks.subject import of_day
from acme_platform.cursor import Cursor
from acme_platform.lake import Lake
from acme_platform.ledger.parts import lake_parts
from acme_platform.model.table import Table
from acme_platform.serving.drift import is_there
from acme_platform.warehouse.connection import rows

FIRST_ROWS, FIRST_REJECTS, FIRST_FILES = 10, 5, 20
#: rows whose width is looked at
WEIGHED = 1_000
#: characters of a value that are shown
WIDEST = 80


def page(cursor: Cursor, lake: Lake, table: Table, day: date) -> dict[str, Any]:
    """Of a day that PostgreSQL holds."""
    return {**_origin(cursor, lake, table, day), **_held(cursor, table, day), **_rejects(cursor, table, day)}


def page_in_lake(
    cursor: Cursor, lake: Lake, table: Table, day: date, first: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Of a day whose rows stand in the lake, the first of them given."""
    parts = lake_parts.parts(cursor, table.full_name, day, day)
    held = {"bytes": sum(part.bytes for part in parts)} | _rows("first_rows", first)
    return {**_origin(cursor, lake, table, day), **held, **_rejects(cursor, table, day)}


def _rejects(cursor: Cursor, table: Table, day: date) -> dict[str, Any]:
    """Of what stands: rows of a file that was refused, or waits to be replaced, are no part of the day."""
    rejected = rows(
        cursor,
        "select rejected.file, row_number, rejected.reason, record from quarantine.rows as rejected"
        " left join ledger.deliveries as delivery using (delivery_id)"
        " where rejected.table_name = %(table)s and rejected.day = %(day)s"
        " and coalesce(delivery.state, 'visible') = 'visible' order by rejected.file, row_number limit %(limit)s",
        {"table": table.full_name, "day": day, "limit": FIRST_REJECTS},
    )
    return _rows("first_rejects", rejected)


def _origin(cursor: Cursor, lake: Lake, table: Table, day: date) -> dict[str, Any]:
    if table.upstream:
        return _read(cursor, table, day)
    return _files(cursor, lake, table, day) if table.delivered else {}


def _read(cursor: Cursor, table: Table, day: date) -> dict[str, Any]:
    """Rows of the same day of what the table reads; a day of which nothing came counts none."""
    cursor.execute(
        "select coalesce(sum(row_count), 0)::bigint from ledger.builds where table_name = any(%s) and day = %s",
        (list(table.upstream), day),
    )
    ((count,),) = cursor.fetchall()
    return {"rows_in": count}


def _files(cursor: Cursor, lake: Lake, table: Table, day: date) -> dict[str, Any]:
    delivered = rows(
        cursor,
        "select file, rows_in as rows, size as bytes from ledger.deliveries"
        " where table_name = %(table)s and day = %(day)s and state = 'visible' order by file",
        {"table": table.full_name, "day": day},
    )
    total = {"rows_in": "rows", "bytes": "bytes"}
    summed = {fact: sum(file[column] for file in delivered) for fact, column in total.items()}
    at = {"files_at": lake.uri(_common([file["file"] for file in delivered]))} if delivered else {}
    return summed | _rows("first_files", delivered[:FIRST_FILES]) | at


def _common(keys: Sequence[str]) -> str:
    """The one key, or the folder of all."""
    folder = commonpath(keys)
    return keys[0] if len(keys) == 1 else f"{folder}/" if folder else ""


def _held(cursor: Cursor, table: Table, day: date) -> dict[str, Any]:
    if not is_there(cursor, table):
        return {}
    first = rows(cursor, sql.SQL("select * {} limit {}").format(of_day(table), sql.Literal(FIRST_ROWS)), {"day": day})
    return _rows("first_rows", first) | ({} if table.delivered else _width(cursor, table, day))


def _width(cursor: Cursor, table: Table, day: date) -> dict[str, Any]:
    cursor.execute(
        sql.SQL(
            "select avg(pg_column_size(acme_row))::float8"
            " * (select row_count from ledger.builds where table_name = %(table)s and day = %(day)s)"
            " from (select * {} limit {}) as acme_row"
        ).format(of_day(table), sql.Literal(WEIGHED)),
        {"table": table.full_name, "day": day},
    )
    ((width,),) = cursor.fetchall()
    return {"bytes": round(width)} if width else {}


def _rows(fact: str, found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Nothing where there is none: an empty table says less than its absence."""
    shown = [{column: _short(value) for column, value in row.items()} for row in found]
    return {fact: shown} if shown else {}


def _short(value: object) -> Any:  # noqa: ANN401  # as JSON knows it
    if value is None or isinstance(value, int) or (isinstance(value, float) and isfinite(value)):
        return value
    text = str(value)
    return text if len(text) <= WIDEST else f"{text[:WIDEST]}…"
