"""Materializations: what Dagster knows of days that are taken back, and must forget.

Belongs here: taking events of single days out of Dagster's storage. Not here: taking the days themselves back
(`wipe.py`), forgetting what is old (`run_retention.py`).

This is SQL on Dagster's own tables, for its storages do not forget single partitions (`wipe_asset_partitions` is not
implemented there in 1.13). Dagster is pinned.
"""

from collections.abc import Iterable

from acme_platform.day import Days
from acme_platform.deployment.run_tags import RANGE_START
from acme_platform.orchestration.asset_metadata import asset_key
from acme_platform.warehouse.connection import Warehouse

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
