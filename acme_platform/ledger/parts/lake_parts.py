"""Parts in the lake: which files hold the days of a table that does not stand in PostgreSQL.

Belongs here: reading and writing `ledger.lake_parts`. Not here: the files (`engine/parts/part_file.py`), the log that
shows them to others (`engine/parts/lake_log.py`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from acme_platform.cursor import Cursor


@dataclass(frozen=True)
class LakePart:
    """One Parquet file of a day."""

    day: date
    #: below the address of all tables
    path: str
    rows: int
    bytes: int
    #: of a raw table: whose rows it holds
    delivery_id: int | None = None
    #: of a table of changes: versions that no question as of a day finds, for they end on the day on which they began
    is_passing: bool = False


def parts(cursor: Cursor, table_name: str, since: date = date.min, until: date = date.max) -> list[LakePart]:
    """Of the days from `since` to `until`, both included: what a reader sees; of raw, what is visible there."""
    cursor.execute(
        "select part.day, path, rows, bytes, delivery_id, is_passing from ledger.lake_parts as part"
        " left join ledger.deliveries as delivery using (delivery_id)"
        " where part.table_name = %s and part.day between %s and %s and (delivery_id is null or state = 'visible')"
        " order by part.day, path",
        (table_name, since, until),
    )
    return [LakePart(*row) for row in cursor]


def of_deliveries(cursor: Cursor, table_name: str) -> list[LakePart]:
    """All parts of a raw table whose delivery has rows, also of those that wait."""
    cursor.execute(
        "select part.day, path, rows, bytes, delivery_id, is_passing from ledger.lake_parts as part"
        " join ledger.deliveries as delivery using (delivery_id)"
        " where part.table_name = %s and state in ('landed', 'visible', 'standby') order by delivery_id",
        (table_name,),
    )
    return [LakePart(*row) for row in cursor]


def paths(cursor: Cursor) -> set[str]:
    """Of every part of every table, whether a reader sees it or not."""
    cursor.execute("select path from ledger.lake_parts")
    return {path for (path,) in cursor}


def written(cursor: Cursor, table_name: str, delivery_ids: Iterable[int]) -> set[int]:
    """Those of the deliveries whose rows are in the lake."""
    cursor.execute(
        "select delivery_id from ledger.lake_parts where table_name = %s and delivery_id = any(%s)",
        (table_name, list(delivery_ids)),
    )
    return {number for (number,) in cursor}


def add(cursor: Cursor, table_name: str, parts: Iterable[LakePart]) -> None:
    for part in parts:
        cursor.execute(
            "insert into ledger.lake_parts (table_name, day, path, delivery_id, rows, bytes, is_passing)"
            " values (%s, %s, %s, %s, %s, %s, %s)",
            (table_name, part.day, part.path, part.delivery_id, part.rows, part.bytes, part.is_passing),
        )


def replace(cursor: Cursor, table_name: str, before: LakePart, parts: Iterable[LakePart]) -> None:
    """The same rows stand in other files from now on."""
    cursor.execute("delete from ledger.lake_parts where table_name = %s and path = %s", (table_name, before.path))
    add(cursor, table_name, parts)


def forget_table(cursor: Cursor, table_name: str) -> None:
    """The table holds nothing from now on."""
    cursor.execute("delete from ledger.lake_parts where table_name = %s", (table_name,))


def forget_replaced(cursor: Cursor) -> None:
    """Parts of deliveries that nobody asks for any more: their table was made anew, or the ledger forgot them."""
    cursor.execute(
        "delete from ledger.lake_parts as part where delivery_id is not null and not exists (select from"
        " ledger.deliveries where deliveries.delivery_id = part.delivery_id"
        " and state in ('landed', 'visible', 'standby'))"
    )


def remove_days(cursor: Cursor, table_name: str, days: Iterable[date]) -> None:
    """The days hold nothing from now on."""
    cursor.execute("delete from ledger.lake_parts where table_name = %s and day = any(%s)", (table_name, list(days)))


def remove_deliveries(cursor: Cursor, delivery_ids: Iterable[int]) -> None:
    cursor.execute("delete from ledger.lake_parts where delivery_id = any(%s)", (list(delivery_ids),))
