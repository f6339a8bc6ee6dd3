"""Events: what Dagster knows of days that are taken back, or that wait, and must forget.

Belongs here: taking events of single days out of Dagster's storage. Not here: taking the days themselves back
(`wipe.py`), forgetting what is old (`run_retention.py`), who waits for what (`readiness.py`).

This is SQL on Dagster's own tables, for its storages do not forget single partitions (`wipe_asset_partitions` is not
implemented there in 1.13). Dagster is pinned.
"""

from collections.abc import Iterable, Mapping
from datetime import date

import dagster as dg

from acme_platform.day import Days
from acme_platform.deployment.run_tags import RANGE_START
from acme_platform.deployment.storage import RangedEventLog
from acme_platform.errors import AcmeError, said
from acme_platform.model.table import Table
from acme_platform.orchestration.asset_metadata import asset_key
from acme_platform.registry import catalog
from acme_platform.warehouse.connection import Warehouse

#: days of which each table says why it waits
NAMED = 10
#: of a range that Dagster does not know, for it is after today, it names no partition
EVENTS = """
with gone as (delete from event_logs where asset_key = any(%(assets)s) and dagster_event_type like 'ASSET_%%'
    and (partition between %(first)s and %(last)s
        or partition is null and dagster_event_type = 'ASSET_MATERIALIZATION' and run_id in (
            select run_id from run_tags where key = %(range)s and value between %(first)s and %(last)s))
    returning id),
tags as (delete from asset_event_tags where event_id in (select id from gone))
select from gone
"""
#: what it keeps ready for a page: both are made anew from the events
READY = "update asset_keys set last_materialization = null, cached_status_data = null where asset_key = any(%(assets)s)"


def forget(storage: Warehouse, tables: Iterable[str], days: Days) -> int:
    """Take the days of the tables out of Dagster's storage; returns how many events went."""
    assets = [asset_key(table).to_string() for table in tables]
    with storage.transaction("acme wipe") as cursor:
        cursor.execute(
            EVENTS, {"assets": assets, "first": str(days.first), "last": str(days.last), "range": RANGE_START}
        )
        events = int(cursor.rowcount)
        cursor.execute(READY, {"assets": assets})
    return events


def wait(context: dg.AssetExecutionContext, table: Table, failed: Mapping[date, Exception]) -> None:
    """What is behind a table of which these days failed waits for them, says so, and did not fail itself.

    Dagster calls every planned day of a failed run failed that was not filled in it: one refused file would paint the
    whole feed red. So what waits is no longer planned.
    """
    waiting = [asset_key(name) for name in _behind(context.run, table)]
    for key in waiting:
        for day, error in list(failed.items())[:NAMED]:
            why = f"waiting for {table.full_name} of {day}: {_first_line(error)}"
            context.log_event(dg.AssetObservation(key, partition=str(day), description=why, metadata={"waits": why}))
    storage = context.instance.event_log_storage
    if isinstance(storage, RangedEventLog):
        storage.unplan(context.run.run_id, waiting)


def _behind(run: dg.DagsterRun, table: Table) -> list[str]:
    """Full names; of a run that names no assets all that there are."""
    behind = [table.full_name]
    for name in behind:
        behind += [reader.full_name for reader in catalog.downstream(name) if reader.full_name not in behind]
    chosen = run.asset_selection
    return [name for name in behind[1:] if chosen is None or asset_key(name) in chosen]


def _first_line(error: Exception) -> str:
    message = error.message if isinstance(error, AcmeError) else said(error)
    return message.partition("\n")[0]
