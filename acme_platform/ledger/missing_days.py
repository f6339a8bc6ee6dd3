"""Gaps: days of a table that should be there and are not, and why each of them is not.

Belongs here: finding them in the ledger. Not here: files that nobody has loaded yet (`inventory.py`), showing them
(`standing_checks.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from acme_platform.cursor import Cursor
from acme_platform.ledger import check_results
from acme_platform.ledger.failures import failed_days
from acme_platform.ledger.filled_days import newest_day
from acme_platform.ledger.rejected import refused_days
from acme_platform.model.table import Table
from acme_platform.registry import remedies


@dataclass(frozen=True)
class Gap:
    """A day that the table lacks, or has in an older version than the one that could not be loaded or filled."""

    day: date
    why: str
    #: the command that mends a refused day
    mend: str = ""


def gaps(cursor: Cursor, table: Table) -> list[Gap]:
    """Oldest first."""
    missing = {gap.day: gap for gap in _missing(cursor, table)}
    failed = {
        failed_day.day: Gap(failed_day.day, failed_day.message.partition("\n")[0])
        for failed_day in failed_days(cursor, table)
    }
    broken = {
        refused_day.day: Gap(refused_day.day, f"refused: {refused_day.why}", refused_day.mend)
        for refused_day in refused_days(cursor, [table.full_name])
    }
    return [gap for _, gap in sorted((missing | failed | broken).items())]


def mend(table: Table, missing_days: list[Gap]) -> str:
    """The command that fills the first of them; the others follow in the same way."""
    return missing_days[0].mend or remedies.fill(table.full_name, missing_days[0].day)


def missing(cursor: Cursor, table: Table) -> dict[date, list[str]]:
    """Day that a table upstream has and this one lacks -> the tables upstream that have it.

    Where one day only is held an older one than the newest is not missed.
    """
    cursor.execute(
        "select day, array_agg(table_name) from ledger.builds as source where table_name = any(%(upstream)s)"
        " and not exists (select from ledger.builds where table_name = %(table)s and day = source.day) group by day",
        {"upstream": list(table.upstream), "table": table.full_name},
    )
    lacking: dict[date, list[str]] = dict(cursor.fetchall())
    if not table.layer.holds_one_day:
        return lacking
    newest = newest_day(cursor, table.upstream) or date.min
    return {day: there for day, there in lacking.items() if day >= newest}


def _missing(cursor: Cursor, table: Table) -> Iterator[Gap]:
    lacking = missing(cursor, table)
    blocked = check_results.blocked(cursor, table, lacking)
    for day, there in lacking.items():
        without = [name for name in table.upstream if name not in there]
        if day in blocked:
            yield Gap(day, "waits: a `must` check is red on what it reads")
        else:
            yield Gap(day, f"waits for {' and '.join(without)}" if without else "missing")
