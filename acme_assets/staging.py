"""Staging: a day's rows of raw become typed versions, or go to the quarantine.

Belongs here: filling one day, in one transaction, and which kind of table keeps what. Not here: the kinds themselves
(`versions.py`, `snapshots.py`, `change_log.py`), what a type accepts (`conform.py`), what is too much (`refusal.py`).

A version is valid from its `day` to its `valid_to`, the day of the next version of the same key. Of a snapshot all rows
are valid until the day of the next one. What reads the table asks for every kind in the same words: `day <= D and
(valid_to is null or valid_to > D)`.
"""

from datetime import date

from psycopg2.extensions import cursor

from acme_assets import ledger, refusal, verdict
from acme_assets.change_log import ChangeLog
from acme_assets.ddl import ensure
from acme_assets.refusal import Excess, Refusal
from acme_assets.snapshots import Snapshots
from acme_assets.table import Table
from acme_assets.tolerance import Tolerance
from acme_assets.versions import Staged, Versions
from acme_assets.warehouse import Warehouse, lock, lock_day

KEPT: dict[str, type[Versions]] = {"versions": Versions, "snapshot": Snapshots, "changes": ChangeLog}


def stage(warehouse: Warehouse, table: Table, day: date, run_id: str, tolerance: Tolerance) -> Staged:
    """Fill the day from raw, whatever it held before. Raises BlockedByCheck over a red `must` of the day in raw.

    Raises TooManyRejects when too much of a delivery cannot be read: what stood stands.
    """
    work = f"{run_id[:8]} {table.full_name}"
    try:
        with warehouse.transaction(work) as at:
            return _stage(at, table, day, run_id, tolerance)
    except Excess as excess:
        with warehouse.transaction(f"{work} refused") as at:
            judgement = KEPT[table.keep](table, day).judgement
            refused = Refusal(table, day, run_id, tolerance).refuse(at, judgement, excess.found)
    raise refused


def _stage(at: cursor, table: Table, day: date, run_id: str, tolerance: Tolerance) -> Staged:
    is_new = ensure(at, table)
    # Chains of versions cross days, so days of one table are filled one after the other.
    lock(at, table.full_name)
    # What is in raw now is what is judged below, and nothing else is let go of or counted as staged.
    lock_day(at, table.upstream[0], day)
    verdict.refuse_red(at, table, day)
    seen = ledger.newest_changes(at, table, day)
    staged = KEPT[table.keep](table, day, is_new).fill(at, run_id)
    refusal.settle(at, table, day, tolerance, run_id)
    ledger.count_rejects(at, table.upstream[0], table.full_name, day)
    ledger.built(
        at,
        table.full_name,
        day,
        rows=staged.kept,
        run_id=run_id,
        seen=seen,
        version=table.code_version,
        changed=staged.has_changed,
    )
    return staged
