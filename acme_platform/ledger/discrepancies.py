"""Discrepancies: what the comparison of a source with raw found, by day and kind.

Belongs here: the kinds, `ledger.discrepancies`, and the words in which a person is told. Not here: finding them
(`comparison.py`), who tells (`builtin.py`, `status.py`, `doctor/`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from psycopg2 import sql
from psycopg2.extras import Json

from acme_platform.cursor import Cursor
from acme_platform.day import ONE_DAY, Days

#: for so long it is told by the doctor and the status; the ledger keeps it
LATELY = timedelta(days=7)
#: rows of a kind that are named; the others are counted
NAMED = 20


class Kind(StrEnum):
    """Why the cursor could not see it."""

    BEHIND = "behind the cursor"
    AHEAD = "ahead of the clock"
    NEVER = "at no time"
    OLDER = "older than the first day"
    SILENT = "changed without a new time"
    GONE = "gone from the source"
    UNCOMPARED = "not compared"


#: what to do so that it does not happen again, with the column of changes and the variable that turns capture on
MEND = {
    Kind.BEHIND: "let its writers work in UTC (acme doctor names the settings) and their clocks be set by NTP",
    Kind.AHEAD: "let its writers work in UTC (acme doctor names the settings) and their clocks be set by NTP",
    Kind.NEVER: "let its writers set {changed_at} to the time of the change",
    Kind.OLDER: "nothing is lost: they came with the day of the reading; ACME_FIRST_DAY says which days there are",
    Kind.SILENT: "let its writers set {changed_at} with every change, by a trigger for example",
    Kind.GONE: "deletes are seen in time, and ended, by change data capture: set {variable}",
    Kind.UNCOMPARED: "there, as its administrator: give the table a primary key of whole numbers",
}


def mend(kind: Kind, changed_at: str, variable: str) -> str:
    return MEND[kind].format(changed_at=changed_at, variable=variable)


def deletes_are_not_seen(variable: str) -> str:
    """What no comparison makes good, said wherever such a table is described."""
    return (
        "read by their time of change, deleted rows stay as they were last: that they are gone is told by a comparison,"
        f" not when they went; change data capture ({variable}) sees each delete and ends its row"
    )


@dataclass(frozen=True)
class Discrepancy:
    """What the readings of a day found of one kind in one table."""

    table_name: str
    day: date
    kind: Kind
    rows: int
    sample: list[dict[str, str]]

    @property
    def said(self) -> str:
        """`2 rows behind the cursor: 201, 202`."""
        if self.kind is Kind.UNCOMPARED:
            return f"not compared: {'; '.join(row['why'] for row in self.sample)}"
        named = ", ".join(row["key"] for row in self.sample[:3])
        more = ", …" if self.rows > len(self.sample[:3]) else ""
        return f"{self.rows:,} {'row' if self.rows == 1 else 'rows'} {self.kind}: {named}{more}"


def since(cursor: Cursor, first: date) -> list[Discrepancy]:
    """What was found from that day on, the newest day first."""
    cursor.execute(
        "select table_name, day, kind, row_count, sample from ledger.discrepancies where day >= %s"
        " order by day desc, table_name, kind",
        (first,),
    )
    return [Discrepancy(table, day, Kind(kind), rows, sample) for table, day, kind, rows, sample in cursor]


def remember(cursor: Cursor, table_name: str, day: date, select: sql.Composable) -> None:
    """Add the rows `kind, key, changed_at` of the select to what was found on the day."""
    cursor.execute(
        sql.SQL(
            "insert into ledger.discrepancies (table_name, day, kind, row_count, oldest, newest, sample)"
            " select %(table)s, %(day)s, kind, count(*), min(changed_at), max(changed_at),"
            "  jsonb_agg(jsonb_build_object('key', key::text, 'updated_at', changed_at::text) order by key)"
            "   filter (where place <= %(named)s)"
            " from (select *, row_number() over (partition by kind order by key) as place from ({}) as found) as placed"
            " group by kind on conflict (table_name, day, kind) do update set"
            " row_count = discrepancies.row_count + excluded.row_count, found_at = clock_timestamp(),"
            " oldest = least(discrepancies.oldest, excluded.oldest),"
            " newest = greatest(discrepancies.newest, excluded.newest),"
            " sample = jsonb_path_query_array(discrepancies.sample || excluded.sample, '$[0 to 19]')"
        ).format(select),
        {"table": table_name, "day": day, "named": NAMED},
    )


def remember_uncompared(cursor: Cursor, table_name: str, day: date, why: str) -> None:
    """The table's rows cannot be compared, which is said each day: nothing was found, for nobody looked."""
    cursor.execute(
        "insert into ledger.discrepancies (table_name, day, kind, row_count, sample) values (%s, %s, %s, 0, %s)"
        " on conflict (table_name, day, kind) do update set sample = excluded.sample, found_at = clock_timestamp()",
        (table_name, day, str(Kind.UNCOMPARED), Json([{"why": why}])),
    )


def forget_uncompared(cursor: Cursor, table_name: str, day: date) -> None:
    """It was compared after all."""
    cursor.execute(
        "delete from ledger.discrepancies where table_name = %s and day = %s and kind = %s",
        (table_name, day, str(Kind.UNCOMPARED)),
    )


def days_with(cursor: Cursor, table_name: str, day: date) -> list[date]:
    """Days whose readings may have brought rows that are of this day by their time."""
    cursor.execute(
        "select distinct day from ledger.discrepancies where table_name = %s and oldest < %s and newest >= %s",
        (table_name, day + ONE_DAY, day),
    )
    return [day for (day,) in cursor]


def broken(table_name: str) -> sql.Composed:
    """What was found on `%(day)s`, a row for each of the first rows of a kind."""
    return sql.SQL(
        "select kind as found, row_count as rows, key, updated_at, why from ledger.discrepancies"
        " left join lateral jsonb_to_recordset(sample) as named (key text, updated_at text, why text) on true"
        " where table_name = {} and day = %(day)s"
    ).format(sql.Literal(table_name))


def together(discrepancies: Iterable[Discrepancy]) -> dict[tuple[str, Kind], tuple[int, Days]]:
    """Of each table and kind, how many rows in which days."""
    summed: dict[tuple[str, Kind], tuple[int, Days]] = {}
    for discrepancy in discrepancies:
        rows, days = summed.get((discrepancy.table_name, discrepancy.kind), (0, Days(discrepancy.day, discrepancy.day)))
        span = Days(min(days.first, discrepancy.day), max(days.last, discrepancy.day))
        summed[discrepancy.table_name, discrepancy.kind] = rows + discrepancy.rows, span
    return summed
