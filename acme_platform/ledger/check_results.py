"""Verdicts: what the newest run of each check said of each day, and who must not go on because of it.

Belongs here: `ledger.verdicts`. Not here: how a check is computed (`check.py`).

Dagster's blocking checks stop what follows in the same run only. A later run, a click or a sensor would go ahead over
a red check, so every table asks here before it reads.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg2 import sql
from psycopg2.extras import Json

from acme_platform.cursor import Cursor
from acme_platform.errors import BlockedByCheck
from acme_platform.ledger.reads import read_by, reads
from acme_platform.model.table import Table
from acme_platform.registry import remedies

MUST, SHOULD = "must", "should"


@dataclass(frozen=True)
class Verdict:
    """What one check found on one day."""

    table_name: str
    day: date
    check: str
    severity: str
    broken_rows: int
    #: the first broken rows
    sample: list[dict[str, Any]]
    #: there was something to look at: where there was not, nothing is broken and nothing has passed
    compared: bool = True

    @property
    def is_broken(self) -> bool:
        return self.broken_rows > 0

    @property
    def passed(self) -> bool:
        return self.compared and not self.is_broken


def record(cursor: Cursor, verdict: Verdict, run_id: str) -> None:
    """Keep the verdict in place of the last one of the same check and day."""
    cursor.execute(
        "insert into ledger.verdicts (table_name, day, check_name, severity, broken_rows, sample, compared, run_id)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s) on conflict (table_name, day, check_name) do update set"
        " severity = excluded.severity, broken_rows = excluded.broken_rows, sample = excluded.sample,"
        " compared = excluded.compared, run_id = excluded.run_id, checked_at = clock_timestamp()",
        (verdict.table_name, verdict.day, verdict.check, verdict.severity, verdict.broken_rows,
         Json(verdict.sample, dumps=_exactly), verdict.compared, run_id),
    )  # fmt: skip


def record_passed(cursor: Cursor, table_name: str, day: date, checks: Sequence[str], run_id: str) -> None:
    """Keep of a day without verdicts that these `must` checks found nothing."""
    cursor.execute(
        "insert into ledger.verdicts (table_name, day, check_name, severity, broken_rows, run_id)"
        " select %s, %s, unnest(%s::text[]), %s, 0, %s",
        (table_name, day, list(checks), MUST, run_id),
    )


def _exactly(sample: object) -> str:
    """Amounts as text: JSON knows floats only."""
    return json.dumps(sample, default=str)


def red(cursor: Cursor, table_names: Sequence[str]) -> list[tuple[str, date, str]]:
    """(table, day, check) of every broken `must`, oldest day first."""
    cursor.execute(
        "select table_name, day, check_name from ledger.verdicts where table_name = any(%s) and severity = 'must'"
        " and broken_rows > 0 order by day, table_name, check_name",
        (list(table_names),),
    )
    return list(cursor.fetchall())


def passed(cursor: Cursor, table_name: str, day: date) -> set[str]:
    """Names of the checks whose newest run had something to compare, and found nothing wrong with the day as it is."""
    cursor.execute(
        "select check_name from ledger.verdicts where table_name = %s and day = %s and broken_rows = 0 and compared",
        (table_name, day),
    )
    return {check for (check,) in cursor}


def without_subject(cursor: Cursor, table_name: str, day: date | None) -> list[str]:
    """Names of the `must` checks that had nothing to compare on the day."""
    cursor.execute(
        "select check_name from ledger.verdicts where table_name = %s and day = %s and severity = 'must'"
        " and broken_rows = 0 and not compared order by check_name",
        (table_name, day),
    )
    return [check for (check,) in cursor]


def newest(cursor: Cursor) -> dict[tuple[str, str], Verdict]:
    """(table, check) -> what it said of the newest day that it looked at."""
    cursor.execute(
        "select distinct on (table_name, check_name) table_name, day, check_name, severity, broken_rows, sample,"
        " compared from ledger.verdicts order by table_name, check_name, day desc"
    )
    verdicts = [Verdict(*row) for row in cursor]
    return {(verdict.table_name, verdict.check): verdict for verdict in verdicts}


def broken(cursor: Cursor, check: str, table_names: Iterable[str]) -> set[tuple[str, date]]:
    """(table, day) of everything on which the check found something when it last looked."""
    cursor.execute(
        "select table_name, day from ledger.verdicts"
        " where check_name = %s and table_name = any(%s) and broken_rows > 0",
        (check, list(table_names)),
    )
    return set(cursor.fetchall())


def refuse_red(cursor: Cursor, table: Table, day: date) -> None:
    """Raise BlockedByCheck when a `must` check is red on anything that this day would read."""
    if red_tables := _red_upstream(cursor, table, day, day):
        name, red_day, check = red_tables[0]
        raise BlockedByCheck(
            f"{table.full_name} of {day} waits: the check {check} is red on {name} of {red_day}",
            f"mend what the check shows, then {remedies.fill(name, red_day)}",
        )


def blocked(cursor: Cursor, table: Table, days: Iterable[date]) -> set[date]:
    """Those of the days for which `refuse_red` would raise.

    Of an export also those on which a check that must have passed had nothing to compare: it would fail each time.
    """
    wanted = sorted(days)
    if not wanted:
        return set()
    red_tables = {(name, day) for name, day, _ in _red_upstream(cursor, table, wanted[0], wanted[-1])}
    since = min((day for name, day in red_tables if name in table.history), default=date.max)
    same_day = {day for name, day in red_tables if name in table.same_day}
    if table.layer.is_sent_out:
        same_day |= _uncompared(cursor, table.same_day, wanted)
    return {day for day in wanted if day >= since or day in same_day}


def _uncompared(cursor: Cursor, table_names: Sequence[str], days: Sequence[date]) -> set[date]:
    cursor.execute(
        "select distinct day from ledger.verdicts where table_name = any(%s) and day = any(%s)"
        " and severity = 'must' and broken_rows = 0 and not compared",
        (list(table_names), list(days)),
    )
    return {day for (day,) in cursor}


def _red_upstream(cursor: Cursor, table: Table, first: date, last: date) -> list[tuple[str, date, str]]:
    """(table, day, check) of every broken `must` on what the table's days from `first` to `last` read, oldest first."""
    query = sql.SQL(
        "select table_name, day, check_name from ledger.verdicts where severity = 'must' and broken_rows > 0 and {}"
        " order by day, table_name, check_name"
    ).format(reads("verdicts", "%(first)s", "%(last)s"))
    cursor.execute(query, {**read_by(table), "first": first, "last": last})
    return list(cursor.fetchall())
