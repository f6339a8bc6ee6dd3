"""The partitions: one definition and one backfill policy for every table, so that one run takes the whole chain.

A range of days is one run, of at most `Settings.run_days` days, whoever asks for it: the UI by the policy, sensors and
`acme run` by `day.spans`.

Belongs here: Dagster's view of days. Not here: parsing and coalescing them (`day.py`), how a run names them
(`run_tags.py`).
"""

from datetime import date

import dagster as dg

from acme_platform.day import Days
from acme_platform.deployment.run_tags import named_days, tagged_days
from acme_platform.errors import NotReady


def daily(first_day: date) -> dg.DailyPartitionsDefinition:
    """Every day from the first to today (UTC), today included."""
    return dg.DailyPartitionsDefinition(start_date=first_day.isoformat(), end_offset=1, timezone="UTC")


def backfill(run_days: int) -> dg.BackfillPolicy:
    """Ranged runs, for another day inside a run costs some 20 ms a table, another run 2.5 s and more."""
    return dg.BackfillPolicy.multi_run(run_days)


def run_days(context: dg.AssetExecutionContext) -> Days:
    """The days of this run. Raises NotReady where its tags name none: any may be written on a launch."""
    days = tagged_days(context.run.tags)
    if days is None:
        named = named_days(context.run.tags) or "it has no tag of one"
        raise NotReady(
            f"this run names no day, or none that can be read: {named}",
            "acme run --days today, or choose days in the UI",
        )
    return days
