"""Staging: a day's rows of raw become typed versions, or go to the quarantine.

Belongs here: filling one day, in one transaction, and which kind of table keeps what. Not here: the kinds themselves
(`scd2.py`, `snapshot.py`, `change_log.py`), what a type accepts (`cast.py`), what is too much (`refusal.py`).

A version is valid from its `day` to its `valid_to`, the day of the next version of the same key. Of a snapshot all rows
are valid until the day of the next one. What reads the table asks for every kind in the same words: `day <= D and
(valid_to is null or valid_to > D)`.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from typing import Protocol

from acme_platform.cursor import Cursor
from acme_platform.differences import corrections
from acme_platform.ledger import builds, check_results, deliveries
from acme_platform.model.table import Table
from acme_platform.model.tolerance import Tolerance
from acme_platform.schema.ddl import ensure
from acme_platform.transform import refusal
from acme_platform.transform.change_log import ChangeLog
from acme_platform.transform.judgement import Judgement
from acme_platform.transform.refusal import Excess, Refusal
from acme_platform.transform.scd2 import Staged, Versions
from acme_platform.transform.snapshot import Snapshots
from acme_platform.warehouse.connection import Warehouse, lock, lock_day


class DayFiller(Protocol):
    """Fills one day of a staging table from raw, in the transaction of the cursor."""

    @property
    def judgement(self) -> Judgement: ...

    def fill(self, cursor: Cursor, run_id: str) -> Staged: ...

    def judgeable(self, cursor: Cursor) -> AbstractContextManager[None]:
        """Meanwhile the judgement finds in raw the rows that may be rejected."""


#: the filler of a day, given whether its table was made in this transaction
Making = Callable[[Table, date, bool], DayFiller]
KEPT: dict[str, type[Versions]] = {"versions": Versions, "snapshot": Snapshots, "changes": ChangeLog}


def in_warehouse(table: Table, day: date, is_new: bool) -> DayFiller:  # as `Making` says
    """Filled by PostgreSQL alone."""
    return KEPT[table.keep](table, day, is_new)


def stage(
    warehouse: Warehouse,
    table: Table,
    day: date,
    run_id: str,
    tolerance: Tolerance,
    making: Making = in_warehouse,
) -> Staged:
    """Fill the day from raw, whatever it held before. Raises BlockedByCheck over a red `must` of the day in raw.

    Raises TooManyRejects when too much of a delivery cannot be read: what stood stands.
    """
    work = f"{run_id[:8]} {table.full_name}"
    try:
        with warehouse.transaction(work) as cursor:
            return _stage(cursor, table, day, run_id, tolerance, making)
    except Excess as excess:
        with warehouse.transaction(f"{work} refused") as cursor:
            filler = making(table, day, False)  # as `Making` says
            with filler.judgeable(cursor):
                refused = Refusal(table, day, run_id, tolerance).refuse(cursor, filler.judgement, excess.unreadable)
    raise refused


def _stage(cursor: Cursor, table: Table, day: date, run_id: str, tolerance: Tolerance, making: Making) -> Staged:
    is_new = ensure(cursor, table)
    # Chains of versions cross days, so days of one table are filled one after the other.
    lock(cursor, table.lock(day))
    # What is in raw now is what is judged below, and nothing else is let go of or counted as staged.
    lock_day(cursor, table.upstream[0], day)
    check_results.refuse_red(cursor, table, day)
    seen = builds.newest_changes(cursor, table, day)
    staged = making(table, day, is_new).fill(cursor, run_id)
    refusal.settle(cursor, table, day, tolerance, run_id)
    deliveries.count_rejects(cursor, table.upstream[0], table.full_name, day)
    if staged.difference:
        corrections.record(cursor, table, day, run_id, staged.difference)
    elif staged.has_changed:
        corrections.forget(cursor, table, day)
    builds.built(
        cursor,
        table.full_name,
        day,
        rows=staged.kept,
        run_id=run_id,
        seen=seen,
        version=table.code_version,
        changed=staged.has_changed,
    )
    return staged
