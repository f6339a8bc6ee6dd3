"""The partitions: one definition and one backfill policy for every table, so that one run takes the whole chain.

A range of days is one run, of at most `Settings.run_days` days, whoever asks for it: the UI by the policy, sensors and
`acme run` by `day.spans`.

Belongs here: Dagster's view of days. Not here: parsing and coalescing them (`day.py`).
"""

from collections.abc import Mapping
from datetime import date

import dagster as dg

from acme_assets.day import Days

#: on a run: fill every day, also one that stands
FORCE = "acme/force"
#: on a run: a person accepts the rejects of the deliveries that it reads and stages, however many
ACCEPT_REJECTS = "acme/accept-rejects"
RANGE_START, RANGE_END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"


def daily(first_day: date) -> dg.DailyPartitionsDefinition:
    """Every day from the first to today (UTC), today included."""
    return dg.DailyPartitionsDefinition(start_date=first_day.isoformat(), end_offset=1, timezone="UTC")


def backfill(run_days: int) -> dg.BackfillPolicy:
    """Ranged runs, for another day inside a run costs some 20 ms a table, another run 2.5 s and more."""
    return dg.BackfillPolicy.multi_run(run_days)


def range_tags(days: Days) -> dict[str, str]:
    """Tags that make a run take all of the days."""
    return {RANGE_START: str(days.first), RANGE_END: str(days.last)}


def run_days(context: dg.AssetExecutionContext) -> list[date]:
    """The days of this run, in order."""
    return [date.fromisoformat(key) for key in context.partition_keys]


def tagged_days(tags: Mapping[str, str]) -> Days | None:
    """The days that a run's tags name, None for a run without days."""
    one = tags.get("dagster/partition")
    first, last = tags.get(RANGE_START, one), tags.get(RANGE_END, one)
    return Days(date.fromisoformat(first), date.fromisoformat(last)) if first and last else None
