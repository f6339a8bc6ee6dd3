"""The partitions: one definition and one backfill policy for every table, so that one run takes the whole chain.

A range of days is one run, of at most `Settings.run_days` days, whoever asks for it: the UI by the policy, sensors and
`acme run` by `day.spans`.

Belongs here: Dagster's view of days. Not here: parsing and coalescing them (`day.py`).
"""

from collections.abc import Mapping
from datetime import date

import dagster as dg

from acme_assets.day import Days, exact_day
from acme_assets.errors import NotReady, UsageError

ONE = "dagster/partition"
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


def run_days(context: dg.AssetExecutionContext) -> Days:
    """The days of this run. Raises NotReady where its tags name none: any may be written on a launch."""
    days = tagged_days(context.run.tags)
    if days is None:
        raise NotReady(
            f"this run names no day, or none that can be read: {_named(context.run.tags) or 'it has no tag of one'}",
            "acme run --days today, or choose days in the UI",
        )
    return days


def tagged_days(tags: Mapping[str, str]) -> Days | None:
    """The days that a run's tags name, None for a run without days, and for one whose tags are none."""
    one = tags.get(ONE)
    first, last = tags.get(RANGE_START, one), tags.get(RANGE_END, one)
    if not (first and last):
        return None
    try:
        return Days(exact_day(first), exact_day(last))
    except UsageError:
        return None


def _named(tags: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {tags[name]}" for name in (ONE, RANGE_START, RANGE_END) if name in tags)
