"""Housekeeping: the job that forgets what is old, and its schedule, which is on.

Belongs here: what it does, and when. Not here: what is old (`run_retention.py`, `compute_logs.py`,
`ledger_retention.py`,
`engine/parts/sweeping.py`).

Every hour and not every night: a live database brings 240 runs an hour, 250 MB of Dagster's storage.
"""

from dataclasses import asdict

import dagster as dg

from acme_platform.deployment.compute_logs import forget_output
from acme_platform.deployment.feed_runs import FEED
from acme_platform.deployment.ledger_retention import forget
from acme_platform.deployment.run_retention import Retention
from acme_platform.model.engine import SPARK
from acme_platform.orchestration.assets import as_dagster_failures
from acme_platform.registry import catalog
from acme_platform.services import Services

NAME = "housekeeping"
#: past the hour, at which everybody else begins
CRON = "17 * * * *"


def schedule() -> dg.ScheduleDefinition:
    """`housekeeping`, with its job."""

    @dg.op(required_resource_keys={"services"}, description="Takes out what is old.")
    def forget_old(context: dg.OpExecutionContext) -> None:
        with as_dagster_failures(context.retry_number):
            for what, count in tidy(context.instance, context.resources.services).items():
                context.log.info(f"{what}: {count:,} forgotten")

    @dg.job(
        name=NAME,
        # a run without a feed may be of any, and holds up the automation of all of them
        tags={FEED: NAME},
        description="Forgets old runs, logs, rejects and incidents: ACME_KEEP_RUNS, …_RUNS_DAYS, …_REJECTS_DAYS.",
    )
    def housekeeping() -> None:
        forget_old()

    return dg.ScheduleDefinition(
        job=housekeeping, name=NAME, cron_schedule=CRON, default_status=dg.DefaultScheduleStatus.RUNNING
    )


def tidy(instance: dg.DagsterInstance, services: Services) -> dict[str, int]:
    """Take out everything old; how much of what that was."""
    retention = Retention.of(services.settings, services.open_storage())
    purged = retention.purge()
    if schedules := instance.schedule_storage:
        schedules.purge_asset_evaluations(before=retention.before.timestamp())
    outputs = forget_output(instance, services.open_storage())
    forgotten = forget(services.open_warehouse(), services.lake, services.settings)
    return asdict(purged) | {"logs": outputs} | asdict(forgotten) | _swept(services)


def _swept(services: Services) -> dict[str, int]:
    """Of the lake, where a feed is on Spark."""
    if not (tables := [table for table in catalog.tables().values() if catalog.engine(table.full_name) == SPARK]):
        return {}
    # pyarrow is there with the engine only
    from acme_platform.engine.parts.files import TableFiles  # noqa: PLC0415
    from acme_platform.engine.parts.sweeping import sweep  # noqa: PLC0415

    swept = sweep(TableFiles(services.settings.tables_url), services.open_warehouse(), tables)
    return {"files of the lake": swept.files}
