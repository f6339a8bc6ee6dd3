"""What people ask to see: two days of a table against each other, or a day before and after its last correction.

Belongs here: which rows that means for a table, and refusing what there is not: an empty difference would say that
nothing differs. Not here: comparing (`difference.py`), printing (`cli/diff.py`).
"""

from collections.abc import Iterable
from datetime import date

from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.differences.corrections import Correction, correction
from acme_platform.differences.difference import Compared, Difference
from acme_platform.errors import UsageError
from acme_platform.ledger.filled_days import filled_days
from acme_platform.model.engine import SPARK
from acme_platform.model.table import Table
from acme_platform.registry import catalog, remedies
from acme_platform.warehouse.connection import name, names


def of_days(cursor: Cursor, table: Table, before: date, after: date, shown: int) -> Difference:
    """The rows of two days; of a table of versions those that are valid as of each."""
    if before == after:
        raise UsageError(f"{before} is the same day twice", "name two days")
    refuse_incomparable(table)
    _refuse_in_lake(table)
    _refuse_unfilled(cursor, table, [before, after])
    key = _key(table)
    columns = [column for column in table.sql.shape.names if column not in {*key, *_of_the_day(table)}]
    selected, parameters = [*key, *columns], {"before": before, "after": after}
    states = _state(table, selected, "%(before)s"), _state(table, selected, "%(after)s")
    return Compared(*states, key, columns, parameters).difference(cursor, shown)


def of_delivery(cursor: Cursor, table: Table, day: date | None) -> Correction:
    """What the last correction of the day changed; unset, of the newest day that was corrected."""
    refuse_incomparable(table)
    if table.keep == "changes":
        raise UsageError(
            f"{table.full_name} keeps every change, so nothing of a day is corrected",
            f"hold two days against each other: acme diff {table.full_name} DAY DAY",
        )
    _refuse_in_lake(table)
    if day:
        _refuse_unfilled(cursor, table, [day])
    if found := correction(cursor, table, day):
        return found
    of_day = f" of {day}" if day else ""
    raise UsageError(
        f"no correction of {table.full_name}{of_day} is known: no filling has changed what stood since it is recorded",
        f"hold two days against each other: acme diff {table.full_name} DAY DAY",
    )


def refuse_incomparable(table: Table) -> None:
    """Raise UsageError over a table whose rows cannot be told apart, or that never holds two states."""
    if table.layer.is_loaded:
        stagings = [reader for reader in catalog.downstream(table.full_name) if not _is_in_lake(reader)]
        raise UsageError(
            f"{table.full_name} holds lines as they were delivered, and has no key that tells them apart",
            f"acme diff {stagings[0].full_name} …" if stagings else _of_answers(table),
        )
    if table.layer.holds_one_day:
        raise UsageError(
            f"{table.full_name} holds its newest day only", f"ask what it is made of: acme diff {table.upstream[0]} …"
        )
    if not table.sql.shape.key:
        raise UsageError(f"{table.full_name} has no key", f"declare its primary key in {table.sql.where}")


def _refuse_in_lake(table: Table) -> None:
    if _is_in_lake(table):
        raise UsageError(
            f"the versions of {table.full_name} are a table of the lake, and are compared in PostgreSQL only",
            _of_answers(table),
        )


def _is_in_lake(table: Table) -> bool:
    return table.layer.keeps_versions and catalog.engine(table.full_name) == SPARK


def _of_answers(table: Table) -> str:
    """The first table below whose rows stand in PostgreSQL, whatever computes them."""
    below = list(catalog.downstream(table.full_name))
    while below and not any(reader.layer.is_answer for reader in below):
        below = [reader for one in below for reader in catalog.downstream(one.full_name)]
    answers = [reader.full_name for reader in below if reader.layer.is_answer]
    return f"ask for its answers, which stand there: acme diff {(answers or ['TABLE'])[0]} …"


def _refuse_unfilled(cursor: Cursor, table: Table, days: Iterable[date]) -> None:
    cursor.execute("select to_regclass(%s) is null", (table.full_name,))
    ((is_gone,),) = cursor.fetchall()
    for day in days:
        if is_gone or not filled_days(cursor, [table.full_name], [day]):
            raise UsageError(
                f"{table.full_name} of {day} was never filled, so there is nothing to compare",
                f"{remedies.fill_from_the_start(table.full_name, day)}; acme status shows which days there are",
            )


def _key(table: Table) -> list[str]:
    """What tells rows of a state apart: of changes the thing that changed, and not when it did."""
    key = [column for column in table.sql.shape.key if column not in _of_the_day(table)]
    return key[:-1] if table.keep == "changes" else key


def _of_the_day(table: Table) -> set[str]:
    """Columns that say which day a row is of; they differ between any two."""
    return {"day", "valid_to"} if table.layer.keeps_versions else {table.day_column}


def _state(table: Table, columns: Iterable[str], day: str) -> sql.Composed:
    condition = (
        sql.SQL(f"staging.as_of(day, valid_to, {day})")
        if table.layer.keeps_versions
        else sql.SQL("{} = {}").format(sql.Identifier(table.day_column), sql.SQL(day))
    )
    return sql.SQL("select {} from {} where {}").format(names(columns), name(table.full_name), condition)
