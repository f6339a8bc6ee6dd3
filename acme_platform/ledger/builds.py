"""Builds: which day of which table was filled by which run, from what, and by which SQL.

Belongs here: reading and writing `ledger.builds`. Not here: files (`deliveries.py`), deciding what to fill
(`staleness.py`, `readiness.py`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from psycopg2 import sql
from psycopg2.extras import Json

from acme_platform.cursor import Cursor
from acme_platform.ledger.reads import read_by, reads
from acme_platform.model.table import Table


@dataclass(frozen=True)
class Build:
    """One day of one table as a run filled it."""

    run_id: str
    rows: int
    #: what Dagster was told of it
    shown: dict[str, Any] = field(default_factory=dict)


def built(
    cursor: Cursor,
    table_name: str,
    day: date,
    *,
    rows: int,
    run_id: str,
    seen: Mapping[str, int] | None = None,
    version: str = "",
    changed: bool = True,
) -> None:
    """The day of the table was filled; what was checked about it before, or failed, no longer counts.

    A day that says the same as before keeps its change: nobody downstream has to follow.
    """
    cursor.execute("delete from ledger.verdicts where table_name = %s and day = %s", (table_name, day))
    cursor.execute("delete from ledger.failures where table_name = %s and day = %s", (table_name, day))
    cursor.execute(
        "insert into ledger.builds (table_name, day, change, row_count, run_id, seen, code_version)"
        " values (%(table)s, %(day)s, case when %(changed)s then nextval('ledger.changes') else 0 end,"
        " %(rows)s, %(run)s, %(seen)s, %(version)s) on conflict (table_name, day) do update set"
        " change = case when %(changed)s then excluded.change else builds.change end,"
        " row_count = excluded.row_count, run_id = excluded.run_id, seen = excluded.seen,"
        " code_version = excluded.code_version, built_at = clock_timestamp()",
        {
            "table": table_name,
            "day": day,
            "changed": changed,
            "rows": rows,
            "run": run_id,
            "seen": Json(dict(seen or {})),
            "version": version,
        },
    )


def took(cursor: Cursor, table_name: str, day: date, run_id: str, seconds: float, shown: Mapping[str, Any]) -> None:
    """How long the run worked on the day, what plans of later days are reckoned from; and what was shown of it."""
    cursor.execute(
        "update ledger.builds set seconds = %s, shown = %s where table_name = %s and day = %s and run_id = %s",
        (seconds, Json(dict(shown)), table_name, day, run_id),
    )


def keep_text(cursor: Cursor, table: Table) -> None:
    """Remember the SQL by which days of the table are filled now."""
    cursor.execute(
        "insert into ledger.sql_texts (table_name, code_version, sql_text) values (%s, %s, %s) on conflict do nothing",
        (table.full_name, table.code_version, table.sql.text),
    )


def older_text(cursor: Cursor, table: Table) -> str | None:
    """The SQL that filled the last of the days of another SQL than now; None where there is none or nobody kept it."""
    days = of_older_sql(cursor, table)
    cursor.execute(
        "select sql_text from ledger.builds join ledger.sql_texts using (table_name, code_version)"
        " where table_name = %s and day = any(%s) order by built_at desc limit 1",
        (table.full_name, days),
    )
    return next((text for (text,) in cursor), None)


def current(cursor: Cursor, table: Table, day: date) -> Build | None:
    """How the day was filled, if by the same SQL from exactly what stands there now; None if it has to be filled.

    What a `must` check of its own found broken does not stand: filling it again is what mends it.
    """
    cursor.execute(
        "select run_id, row_count, coalesce(shown, '{}') from ledger.builds"
        " where table_name = %s and day = %s and code_version = %s and seen = %s"
        " and to_regclass(table_name) is not null and not exists (select from ledger.verdicts"
        "  where verdicts.table_name = builds.table_name and verdicts.day = builds.day"
        "  and severity = 'must' and broken_rows > 0)",
        (table.full_name, day, table.code_version, Json(newest_changes(cursor, table, day))),
    )
    return next((Build(*row) for row in cursor), None)


def of_older_sql(cursor: Cursor, table: Table) -> list[date]:
    """Days that were filled by another SQL than that of the table's file as it is now; a cache holds one day only.

    Not of raw, which holds what was delivered, whatever its file says.
    """
    cursor.execute(
        "select day from ledger.builds where table_name = %(table)s and code_version <> %(version)s and %(computed)s"
        " and (not %(newest_only)s or day = (select max(day) from ledger.builds where table_name = %(table)s))"
        " order by day",
        {
            "table": table.full_name,
            "version": table.code_version,
            "computed": not table.layer.is_loaded,
            "newest_only": table.layer.holds_one_day,
        },
    )
    return [day for (day,) in cursor]


def forget_table(cursor: Cursor, table_name: str) -> None:
    """The table is made anew. Had it been there before, somebody dropped it, and none of its days stands any more.

    They are missing now, which whoever fills what is due sees; files of a raw table are news again.
    """
    for what in ("builds", "verdicts", "staged", "watermarks", "discrepancies", "corrections"):
        cursor.execute(
            sql.SQL("delete from {} where table_name = %s").format(sql.Identifier("ledger", what)), (table_name,)
        )
    cursor.execute(
        "with gone as (update ledger.deliveries set state = 'replaced'"
        "  where table_name = %(table)s and state in ('landed', 'visible') returning delivery_id)"
        " delete from quarantine.rows where table_name = %(table)s and delivery_id in (select delivery_id from gone)",
        {"table": table_name},
    )


def forget_day(cursor: Cursor, table_name: str, day: date) -> None:
    """The day of the table is taken back."""
    for what in ("builds", "verdicts", "failures", "staged", "watermarks", "discrepancies", "corrections"):
        cursor.execute(
            sql.SQL("delete from {} where table_name = %s and day = %s").format(sql.Identifier("ledger", what)),
            (table_name, day),
        )


def unsettle(cursor: Cursor, table_names: Iterable[str], day: date) -> None:
    """What the tables read of the day is gone: their later days are stale, though nothing there is newer."""
    cursor.execute(
        "update ledger.builds set seen = '{}' where table_name = any(%s) and day > %s", (list(table_names), day)
    )


def confirm(cursor: Cursor, table_name: str, day: date, holder: date) -> None:
    """The day stands, so it has not failed. A day of a cache stands as long as a newer one, the holder, does."""
    cursor.execute("delete from ledger.failures where table_name = %s and day = %s", (table_name, day))
    cursor.execute(
        "insert into ledger.builds (table_name, day, change, seen, row_count, run_id, code_version)"
        " select table_name, %(day)s, change, seen, row_count, run_id, code_version from ledger.builds"
        " where table_name = %(table)s and day = %(holder)s and day <> %(day)s on conflict (table_name, day) do update"
        " set seen = excluded.seen, row_count = excluded.row_count, code_version = excluded.code_version,"
        " run_id = excluded.run_id, built_at = clock_timestamp()",
        {"table": table_name, "day": day, "holder": holder},
    )


def newest_changes(cursor: Cursor, table: Table, day: date) -> dict[str, int]:
    """Upstream table -> its newest change among the days that this day reads; a build remembers it as `seen`."""
    query = "select table_name, max(change) from ledger.builds where {} group by table_name"
    cursor.execute(sql.SQL(query).format(reads("builds", "%(day)s")), {**read_by(table), "day": day})
    return dict(cursor.fetchall())


def built_by(cursor: Cursor, table_name: str, day: date) -> str | None:
    """The run that filled the day last."""
    cursor.execute("select run_id from ledger.builds where table_name = %s and day = %s", (table_name, day))
    run_ids: list[str] = [run_id for (run_id,) in cursor]
    return run_ids[0] if run_ids else None


def row_counts(cursor: Cursor) -> dict[str, list[tuple[date, int]]]:
    """Table -> (day, row count) of every built day of every table, oldest first."""
    cursor.execute("select table_name, day, row_count from ledger.builds order by table_name, day")
    counts: dict[str, list[tuple[date, int]]] = {}
    for table, day, rows in cursor:
        counts.setdefault(table, []).append((day, rows))
    return counts


def last_built(cursor: Cursor) -> dict[str, datetime]:
    """Table -> when a day of it was filled last."""
    cursor.execute("select table_name, max(built_at) from ledger.builds group by table_name")
    return dict(cursor.fetchall())


def by_day(cursor: Cursor, table_name: str) -> dict[date, Any]:
    """Day -> (row count, built at, run id) of every built day."""
    cursor.execute(
        "select day, row_count, built_at, run_id from ledger.builds where table_name = %s order by day", (table_name,)
    )
    return {day: tuple(rest) for day, *rest in cursor}
