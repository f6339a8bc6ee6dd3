"""Gaps: days of a table that should be there and are not, and why each of them is not.

Belongs here: finding them in the ledger. Not here: files that nobody has loaded yet (`inventory.py`), showing them
(`standing_checks.py`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from psycopg2.extensions import cursor

from acme_platform.ledger import check_results
from acme_platform.ledger.failures import failed_days
from acme_platform.ledger.filled_days import newest_day
from acme_platform.model import remedies
from acme_platform.model.table import Table


@dataclass(frozen=True)
class Gap:
    """A day that the table lacks, or has in an older version than the one that could not be loaded or filled."""

    day: date
    why: str
    is_refused: bool = False
    #: refused for its rejects, which a person may accept
    may_be_accepted: bool = False


def gaps(at: cursor, table: Table) -> list[Gap]:
    """Oldest first."""
    missing = {gap.day: gap for gap in _missing(at, table)}
    failed = {one.day: Gap(one.day, one.message.partition("\n")[0]) for one in failed_days(at, table)}
    broken = {
        day: Gap(day, f"refused: {why}", is_refused=True, may_be_accepted=may)
        for _, day, why, may in refused(at, [table.full_name])
    }
    return [gap for _, gap in sorted((missing | failed | broken).items())]


def mend(table: Table, found: list[Gap]) -> str:
    """The command that brings the first of them; the others follow in the same way."""
    first = found[0].day
    if found[0].is_refused:
        return remedies.mend_refused(table.full_name, first, may_be_accepted=found[0].may_be_accepted)
    return remedies.fill(table.full_name, first)


def missing(at: cursor, table: Table) -> dict[date, list[str]]:
    """Day that a table upstream has and this one lacks -> the tables upstream that have it.

    Where one day only is held an older one than the newest is not missed.
    """
    at.execute(
        "select day, array_agg(table_name) from ledger.builds as source where table_name = any(%(upstream)s)"
        " and not exists (select from ledger.builds where table_name = %(table)s and day = source.day) group by day",
        {"upstream": list(table.upstream), "table": table.full_name},
    )
    lacking: dict[date, list[str]] = dict(at.fetchall())
    if not table.layer.holds_one_day:
        return lacking
    newest = newest_day(at, table.upstream) or date.min
    return {day: there for day, there in lacking.items() if day >= newest}


def _missing(at: cursor, table: Table) -> Iterator[Gap]:
    lacking = missing(at, table)
    blocked = check_results.blocked(at, table, lacking)
    for day, there in lacking.items():
        without = [name for name in table.upstream if name not in there]
        if day in blocked:
            yield Gap(day, "waits: a `must` check is red on what it reads")
        else:
            yield Gap(day, f"waits for {' and '.join(without)}" if without else "missing")


def refused(at: cursor, table_names: Sequence[str]) -> list[tuple[str, date, str, bool]]:
    """(table, day, the reasons, each of which names its file, may be accepted) of refused files, oldest day first."""
    at.execute(
        "select table_name, day, string_agg(reason, '; ' order by file), bool_and(has_too_many_rejects)"
        " from ledger.deliveries"
        " where table_name = any(%s) and state = 'refused' group by table_name, day order by day, min(delivery_id)",
        (list(table_names),),
    )
    return at.fetchall()
