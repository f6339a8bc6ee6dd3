"""Schedules: runs that a clock asks for, for the rhythms that a feed names; off until somebody turns them on.

Belongs here: turning a feed's rhythms into Dagster's schedules. Not here: runs for a reason (`sensors.py`).

The sensors do the same work better: they find a file 15 s after it settled instead of the next morning, and start
nothing while nothing is new, where a clock starts a run a minute. A clock is for who needs the work at an hour of their
own choice.
"""

from datetime import date, timedelta

import dagster as dg
from dagster import RunsFilter

from acme_platform.day import Days, outside
from acme_platform.deployment.feed_runs import FEED, UNFINISHED
from acme_platform.deployment.run_tags import range_tags
from acme_platform.ledger.filled_days import newest_day
from acme_platform.model.table import Feed, Rhythm, Table
from acme_platform.orchestration.asset_metadata import asset_key
from acme_platform.registry import catalog
from acme_platform.services import Services

#: on every run of a schedule: which one it was
SCHEDULE = "acme/schedule"


def schedules(feed: Feed) -> list[dg.ScheduleDefinition]:
    """`<feed>_<rhythm>` for each of the feed's rhythms."""
    return [_schedule(feed, rhythm) for rhythm in feed.rhythms]


def _schedule(feed: Feed, rhythm: Rhythm) -> dg.ScheduleDefinition:
    name = f"{feed.name}_{rhythm.name}"
    filled = [rhythm.table] if rhythm.table else [table.full_name for table in feed.tables]

    @dg.schedule(
        name=name,
        cron_schedule=rhythm.cron,
        execution_timezone="UTC",
        job_name=feed.name,
        description=f"Materializes {rhythm.table or f'yesterday of {feed.name}'} by the clock; off, for the sensors "
        "do it as soon as there is a reason.",
        default_status=dg.DefaultScheduleStatus.STOPPED,
    )
    def tick(
        context: dg.ScheduleEvaluationContext, services: dg.ResourceParam[Services]
    ) -> dg.RunRequest | dg.SkipReason:
        if context.instance.get_runs_count(RunsFilter(tags={SCHEDULE: name}, statuses=UNFINISHED)):
            return dg.SkipReason("its last run is under way")
        yesterday = context.scheduled_execution_time.date() - timedelta(days=1)
        day = _newest(services, catalog.table(rhythm.table)) if rhythm.table else yesterday
        if day is None:
            return dg.SkipReason(f"nothing that {rhythm.table} reads is there yet")
        if why := outside(Days(day, day), services.settings.first_day):
            return dg.SkipReason(f"{day} {why}")
        return dg.RunRequest(
            # said also where it is all of the job: the Runs page names the assets of a run from here
            asset_selection=list(map(asset_key, filled)),
            tags={**range_tags(Days(day, day)), FEED: feed.name, SCHEDULE: name},
        )

    return tick


def _newest(services: Services, table: Table) -> date | None:
    with services.open_warehouse().transaction("acme schedule") as cursor:
        return newest_day(cursor, table.upstream)
