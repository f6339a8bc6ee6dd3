"""Automation: the sensor that asks for ranged runs of what is due.

Belongs here: one look a tick for all tables of a feed, and the runs. Not here: which days are due (`staleness.py`), how
Dagster is told (`conditions.py`), what comes in from outside (`sensors.py`).

Dagster's own operands see that something was materialized, not which version of which day went into it, so the facts
come from the ledger. There they are latched: a day stays behind until it is filled, whatever is under way, and whatever
becomes of the run, the daemon or its cursor.
"""

from datetime import UTC, date, datetime

import dagster as dg

from acme_platform.cursor import Cursor
from acme_platform.day import Days
from acme_platform.deployment.dagster_private import SensorExecutionData
from acme_platform.deployment.feed_runs import under_way
from acme_platform.ledger.staleness import TableDays, outlook, ranged, reason
from acme_platform.materialize.cache_lag import differing_days
from acme_platform.model import sensor_names
from acme_platform.model.table import Feed, Table
from acme_platform.registry import catalog
from acme_platform.services import Services
from acme_platform.serving.drift_monitor import LOOK_SECONDS
from acme_platform.serving.redis_cache import last_refresh
from acme_platform.triggers.conditions import Condition, Context, Due, Look
from acme_platform.triggers.run_requests import Wanted, fingerprint, requested
from acme_platform.triggers.sensors import INTERVAL_SECONDS


class Automation:
    """The automation of one feed. All of its conditions share one look a tick."""

    def __init__(self, services: Services, feed: Feed) -> None:
        self.services, self.feed = services, feed
        self._looked: tuple[datetime, Look] | None = None

    def condition(self, table: Table) -> Condition | None:
        """The days to fill now, which are those of `Outlook.due`. None for what comes in from outside."""
        return None if table.layer.is_loaded else Due(table, self._look)

    def _look(self, context: Context) -> Look:
        if self._looked is None or self._looked[0] != context.evaluation_time:
            busy = bool(under_way(context.asset_graph_view.instance, self.feed))
            with self.services.open_warehouse().transaction(f"{self.feed.name} refresh") as cursor:
                first_day = self.services.settings.first_day
                feed_outlook = outlook(cursor, self.feed, first_day, self._differing(cursor))
            self._looked = context.evaluation_time, Look(feed_outlook, busy, first_day)
        return self._looked[1]

    def _differing(self, cursor: Cursor) -> TableDays:
        return differing_days(cursor, self.services, self.feed.tables, LOOK_SECONDS)

    def differing(self) -> TableDays:
        """Caches of the feed that Redis does not hold as their tables say."""
        with self.services.open_warehouse().transaction(f"{self.feed.name} look") as cursor:
            return self._differing(cursor)

    def sensor(self) -> dg.AutomationConditionSensorDefinition:
        """`<feed>_refresh`."""
        return _Ranged(self)

    def wanted(self, due: TableDays) -> list[Wanted]:
        """The fewest ranged runs over what the conditions asked for, and one for each cache that lost something."""
        differing = self._looked[1].outlook.differing if self._looked else {}
        lost = {name: days & differing.get(name, set()) for name, days in due.items()}
        others = {name: days - lost[name] for name, days in due.items()}
        with self.services.open_warehouse().transaction(f"{self.feed.name} refresh") as cursor:
            return [
                *(self._restored(cursor, name, day) for name, days in lost.items() for day in days),
                *(
                    Wanted(
                        stale_work.days,
                        fingerprint((str(stale_work.days), *stale_work.tables, str(reason(cursor, stale_work)))),
                        stale_work.tables,
                    )
                    for stale_work in ranged(others, self.services.settings.run_days)
                ),
            ]

    def _restored(self, cursor: Cursor, name: str, day: date) -> Wanted:
        """Each loss is a reason of its own, and so is each ten minutes of a Redis that takes nothing."""
        token, _ = last_refresh(cursor, catalog.table(name))
        now = f"{datetime.now(UTC):%Y-%m-%d %H:%M}"[:-1]
        return Wanted(Days(day, day), fingerprint((name, str(token), now)), (name,), beside=True)


class _Ranged(dg.AutomationConditionSensorDefinition):
    """Evaluates the conditions as Dagster does, and asks for ranged runs instead of one for each day."""

    def __init__(self, automation: Automation) -> None:
        self._automation = automation
        feed = automation.feed
        super().__init__(
            sensor_names.refresh(feed),
            target=dg.AssetSelection.groups(feed.name),
            description="Fills again what is older than what it was made of: later days of a correction, unfinished "
            "days. Why, and why not, stands in the Automation tab of each asset.",
            minimum_interval_seconds=INTERVAL_SECONDS,
            default_status=dg.DefaultSensorStatus.RUNNING,
            emit_backfills=False,
            use_user_code_server=True,
        )

    def evaluate_tick(self, context: dg.SensorEvaluationContext) -> SensorExecutionData:
        """Dagster keeps an evaluation whenever a fact changes: without the first lines, two for each asset and run."""
        if under_way(context.instance, self._automation.feed) and not self._automation.differing():
            return SensorExecutionData(skip_message="waits for the runs under way", cursor=context.cursor)
        result = super().evaluate_tick(context)
        due: TableDays = {table.full_name: set() for table in self._automation.feed.tables}
        for request in result.run_requests or []:
            for key in request.asset_selection or []:
                due[".".join(key.path)].add(date.fromisoformat(str(request.partition_key)))
        asked = requested(context, self._automation.feed, self._automation.wanted(due), "everything is up to date")
        kept = asked.run_requests or not any(due.values())
        return SensorExecutionData(
            run_requests=asked.run_requests,
            skip_message=asked.skip_reason.skip_message if asked.skip_reason else None,
            cursor=result.cursor,
            # What is asked for in vain, because it failed three times, would be kept once a tick.
            automation_condition_evaluations=result.automation_condition_evaluations if kept else [],
        )
