"""Staging: a day's rows of raw become typed versions, or go to the quarantine.

Belongs here: filling one day, in one transaction, and which kind of table keeps what. Not here: the kinds themselves
(`versions.py`, `snapshots.py`, `change_log.py`), what a type accepts (`conform.py`).

A version is valid from its `day` to its `valid_to`, the day of the next version of the same key. Of a snapshot all rows
are valid until the day of the next one. What reads the table asks for every kind in the same words: `day <= D and
(valid_to is null or valid_to > D)`.
"""

from datetime import date

from acme_assets import ledger, verdict
from acme_assets.change_log import ChangeLog
from acme_assets.ddl import ensure
from acme_assets.snapshots import Snapshots
from acme_assets.table import Table
from acme_assets.versions import Staged, Versions
from acme_assets.warehouse import Warehouse, lock

KEPT: dict[str, type[Versions]] = {"versions": Versions, "snapshot": Snapshots, "changes": ChangeLog}


def stage(warehouse: Warehouse, table: Table, day: date, run_id: str) -> Staged:
    """Fill the day from raw, whatever it held before. Raises BlockedByCheck over a red `must` of the day in raw."""
    with warehouse.transaction(f"{run_id[:8]} {table.full_name}") as at:
        is_new = ensure(at, table)
        # Chains of versions cross days, so days of one table are filled one after the other.
        lock(at, table.full_name)
        verdict.refuse_red(at, table, day)
        seen = ledger.newest_changes(at, table, day)
        staged = KEPT[table.keep](table, day, is_new).fill(at, run_id)
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
