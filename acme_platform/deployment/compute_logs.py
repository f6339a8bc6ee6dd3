"""Captured output: what runs printed and ticks logged, in files below Dagster's home.

Belongs here: removing what belongs to no run and no tick any more. Not here: how long those are kept
(`run_retention.py` for runs, `dagster.yaml` for ticks).

A tick of an automation sensor logs 20 kB, whether it asks for a run or not: 400 MB a day in 24,000 files, which Dagster
never removes.
"""

from pathlib import Path
from uuid import UUID

import dagster as dg

from acme_platform.warehouse.connection import Warehouse


def forget_output(instance: dg.DagsterInstance, storage: Warehouse) -> int:
    """Remove what no run and no tick is left of; returns how many of them that were.

    Asked of the files and not of what was just deleted: so nothing is left behind when a purge ends half-way.
    """
    folder, manager = Path(instance.storage_directory()), instance.compute_log_manager
    runs, ticks = _runs(folder), _ticks(folder)
    # Asked after the files were listed: a run and a tick are in the database before they have files.
    with storage.transaction("acme retention") as cursor:
        cursor.execute("select run_id from runs where run_id = any(%s)", (list(runs),))
        gone_runs = runs - {run_id for (run_id,) in cursor}
        cursor.execute("select id::text from job_ticks")
        known = {tick for (tick,) in cursor}
    gone_ticks = [key for key in ticks if key[-1] not in known]
    for run_id in gone_runs:
        manager.delete_logs(prefix=[run_id])
    for key in gone_ticks:
        manager.delete_logs(log_key=list(key))
    return len(gone_runs) + len(gone_ticks)


def _runs(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("*-*") if _is_run(path.name)}


def _is_run(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False


def _ticks(folder: Path) -> set[tuple[str, ...]]:
    """Their keys: repository, sensor or schedule, number of the tick."""
    return {
        path.with_suffix("").relative_to(folder).parts for path in folder.glob("*/*/[0-9]*.err") if path.stem.isdigit()
    }
