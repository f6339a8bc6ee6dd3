"""Corrections: what the last filling that changed a day, once it stood, made other than it was.

Belongs here: `ledger.corrections`, and looking at a day of answers before and after it is filled. Not here: comparing
(`difference.py`), versions, whose filler knows which rows left (`scd2.py`), who was told (`changed_answers.py`).

What stood is gone when the day is filled, so it is compared in the same transaction. Kept are the counts and a few rows
of each kind, however large the day is.
"""

import json
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from psycopg2 import sql
from psycopg2.extras import Json

from acme_platform.cursor import Cursor
from acme_platform.differences.difference import Compared, Difference, Row
from acme_platform.ledger.builds import built_by
from acme_platform.model.table import Table

#: rows of each kind that are kept
KEPT = 20


@dataclass(frozen=True)
class Correction:
    """The last one of a day of a table."""

    day: date
    run_id: str
    corrected_at: datetime
    difference: Difference

    @property
    def metadata(self) -> dict[str, Any]:
        """For Dagster, whose page draws a plot of each number."""
        difference = self.difference
        counts = {
            "rows_added": difference.added,
            "rows_removed": difference.removed,
            "rows_changed": difference.changed,
        }
        columns = ", ".join(f"{column} {count:,}" for column, count in difference.columns.items())
        return counts | ({"columns_changed": columns} if columns else {})


def record(cursor: Cursor, table: Table, day: date, run_id: str, difference: Difference) -> None:
    """Keep it in place of the one before; a filling that changed nothing leaves that."""
    if difference.is_empty:
        return
    cursor.execute(
        "insert into ledger.corrections (table_name, day, run_id, rows_added, rows_removed, rows_changed,"
        " columns_changed, sample) values (%s, %s, %s, %s, %s, %s, %s, %s) on conflict (table_name, day) do update set"
        " run_id = excluded.run_id, corrected_at = excluded.corrected_at, rows_added = excluded.rows_added,"
        " rows_removed = excluded.rows_removed, rows_changed = excluded.rows_changed,"
        " columns_changed = excluded.columns_changed, sample = excluded.sample, told_at = null",
        (table.full_name, day, run_id, difference.added, difference.removed, difference.changed,
         Json(dict(difference.columns)), Json([asdict(row) for row in difference.sample], dumps=_exactly)),
    )  # fmt: skip


def forget(cursor: Cursor, table: Table, day: date) -> None:
    """The day changed, and nobody compared it."""
    cursor.execute("delete from ledger.corrections where table_name = %s and day = %s", (table.full_name, day))


def correction(cursor: Cursor, table: Table, day: date | None = None) -> Correction | None:
    """That of the day; unset, of the newest day that was corrected."""
    cursor.execute(
        "select day, run_id, corrected_at, rows_added, rows_removed, rows_changed, columns_changed, sample"
        " from ledger.corrections where table_name = %(table)s and (%(day)s::date is null or day = %(day)s)"
        " order by day desc limit 1",
        {"table": table.full_name, "day": day},
    )
    for of_day, run_id, corrected_at, added, removed, changed, columns, sample in cursor:
        difference = Difference(added, removed, changed, columns, [Row(**row) for row in sample])
        return Correction(of_day, run_id, corrected_at, difference)
    return None


def note(
    cursor: Cursor, table: Table, day: date, run_id: str, before: sql.Composable, after: sql.Composable
) -> Difference | None:
    """Compare two tables of the day's answers, before they take each other's place, and record what differs.

    None where the day was never filled. Else the rows that differ are left in the temporary table `different`.
    """
    if built_by(cursor, table.full_name, day) is None:
        return None
    column = table.day_column
    key = [name for name in table.sql.shape.key if name != column]
    columns = [name for name in table.sql.shape.names if name not in {column, *key}]
    # A computed sum has more digits than the column that takes it, and would differ from itself.
    cast = sql.SQL(", ").join(
        sql.SQL("{0}::{1} as {0}").format(sql.Identifier(name), sql.SQL(table.sql.shape[name].type))
        for name in [*key, *columns]
    )
    stood, stands = (
        sql.SQL("select {} from {} where {} = %(day)s").format(cast, state, sql.Identifier(column))
        for state in (before, after)
    )
    compared = Compared(stood, stands, key, columns, {"day": day})
    difference = compared.difference(cursor, KEPT)
    record(cursor, table, day, run_id, difference)
    return difference


def _exactly(sample: object) -> str:
    """Amounts as text: JSON knows floats only."""
    return json.dumps(sample, default=str)
