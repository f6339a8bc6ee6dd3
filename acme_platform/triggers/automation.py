"""Automation: the rule by which a table is filled again, and the sensor that turns it into ranged runs.

Belongs here: saying the facts of `staleness.py` in the words of Dagster's declarative automation, so that the
Automation tab of each asset shows which of them hold on how many days. Not here: the facts, and what comes in from
outside (`sensors.py`).

Dagster's own operands see that something was materialized, not which version of which day went into it, so the facts
come from the ledger. There they are latched: a day stays behind until it is filled, whatever is under way, and whatever
becomes of the run, the daemon or its cursor.
"""

from collections.abc import Callable, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime

import dagster as dg
from dagster._core.definitions.declarative_automation.automation_context import AutomationContext
from dagster._core.definitions.sensor_definition import SensorExecutionData
from psycopg2.extensions import cursor

from acme_platform.day import Days, today
from acme_platform.deployment.feed_runs import under_way
from acme_platform.ledger.staleness import Outlook, TableDays, outlook, ranged, reason
from acme_platform.materialize.cache_lag import differing_days
from acme_platform.model import catalog, sensor_names
from acme_platform.model.table import Feed, Table
from acme_platform.services import Services
from acme_platform.serving.drift_monitor import LOOK_SECONDS
from acme_platform.serving.redis_cache import last_refresh
from acme_platform.triggers.run_requests import Wanted, fingerprint, requested
from acme_platform.triggers.sensors import INTERVAL_SECONDS

Condition = dg.AutomationCondition[dg.AssetKey]
Context = AutomationContext[dg.AssetKey]


class Automation:
    """The automation of one feed. All of its conditions share one look at the ledger a tick."""

    def __init__(self, services: Services, feed: Feed) -> None:
        self.services, self.feed = services, feed
        self._looked: tuple[datetime, Outlook] | None = None

    def condition(self, table: Table) -> Condition | None:
        """The days to fill now: `Outlook.due` while no run is under way. None for what comes in from outside."""
        if table.layer.is_loaded:
            return None
        stale = self._fact(
            "stale", "missing, or older than what it is made of", lambda found: found.stale[table.full_name]
        )
        blocked = self._fact(
            "blocked_by_check", "a `must` check is red on what it reads", lambda found: found.blocked[table.full_name]
        )
        resting = self._fact(
            "resting_after_failure",
            "it failed, for good and nothing that it reads has changed since, or a moment ago",
            lambda found: found.resting[table.full_name],
        )
        turn = self._fact("its_turn", "no table of a layer before it is behind on other days", lambda found: found.turn)
        following = self._fact(
            "following", "made of what is filled in the same run", lambda found: found.following[table.full_name]
        )
        ready = stale & ~blocked & ~resting & turn
        # First, so that nothing else is asked in vain.
        new = ~_UnderWay(self.feed) & (ready.with_label("ready") | following)
        return new | self._differs(table) if table.layer.is_in_redis else new

    def _differs(self, table: Table) -> Condition:
        """Beside whatever is under way: Redis is only given again what it had."""
        return self._fact(
            "redis_differs",
            "Redis lost something of it, or holds what others put there",
            lambda found: found.differing.get(table.full_name, set()),
        )

    def _fact(self, name: str, meaning: str, days: Callable[[Outlook], Set[date]]) -> "_Fact":
        return _Fact(name, meaning, lambda context: self._within(days(self._outlook(context))))

    def _within(self, days: Set[date]) -> Set[str]:
        """Dagster knows no others."""
        return {str(day) for day in days if self.services.settings.first_day <= day <= today()}

    def _outlook(self, context: Context) -> Outlook:
        if self._looked is None or self._looked[0] != context.evaluation_time:
            with self.services.warehouse.transaction(f"{self.feed.name} refresh") as at:
                first_day = self.services.settings.first_day
                self._looked = context.evaluation_time, outlook(at, self.feed, first_day, self._differing(at))
        return self._looked[1]

    def _differing(self, at: cursor) -> TableDays:
        return differing_days(at, self.services, self.feed.tables, LOOK_SECONDS)

    def differing(self) -> TableDays:
        """Caches of the feed that Redis does not hold as their tables say."""
        with self.services.warehouse.transaction(f"{self.feed.name} look") as at:
            return self._differing(at)

    def sensor(self) -> dg.AutomationConditionSensorDefinition:
        """`<feed>_refresh`."""
        return _Ranged(self)

    def wanted(self, due: TableDays) -> list[Wanted]:
        """The fewest ranged runs over what the conditions asked for, and one for each cache that lost something."""
        differing = self._looked[1].differing if self._looked else {}
        lost = {name: days & differing.get(name, set()) for name, days in due.items()}
        others = {name: days - lost[name] for name, days in due.items()}
        with self.services.warehouse.transaction(f"{self.feed.name} refresh") as at:
            return [
                *(self._restored(at, name, day) for name, days in lost.items() for day in days),
                *(
                    Wanted(one.days, fingerprint((str(one.days), *one.tables, str(reason(at, one)))), one.tables)
                    for one in ranged(others, self.services.settings.run_days)
                ),
            ]

    def _restored(self, at: cursor, name: str, day: date) -> Wanted:
        """Each loss is a reason of its own, and so is each ten minutes of a Redis that takes nothing."""
        token, _ = last_refresh(at, catalog.table(name))
        now = f"{datetime.now(UTC):%Y-%m-%d %H:%M}"[:-1]
        return Wanted(Days(day, day), fingerprint((name, str(token), now)), (name,), beside=True)


@dataclass(frozen=True, eq=False)
class _Fact(Condition):
    """True for the partitions that a look at the ledger names."""

    title: str
    meaning: str
    days: Callable[[Context], Set[str]]

    @property
    def name(self) -> str:
        return self.title

    @property
    def description(self) -> str:
        return self.meaning

    @property
    def requires_cursor(self) -> bool:
        return False

    def evaluate(self, context: Context) -> dg.AutomationResult[dg.AssetKey]:
        days = set() if context.candidate_subset.is_empty else self.days(context)
        return dg.AutomationResult(context, context.candidate_subset.compute_intersection_with_partition_keys(days))


@dataclass(frozen=True, eq=False)
class _UnderWay(Condition):
    """True for every partition while any run of the feed is queued or executed: an answer reads many days."""

    feed: Feed

    @property
    def name(self) -> str:
        return "run_of_feed_under_way"

    @property
    def description(self) -> str:
        return f"a run of {self.feed.name} is queued or under way"

    @property
    def requires_cursor(self) -> bool:
        return False

    def evaluate(self, context: Context) -> dg.AutomationResult[dg.AssetKey]:
        busy = under_way(context.asset_graph_view.instance, self.feed)
        return dg.AutomationResult(context, context.candidate_subset if busy else context.get_empty_subset())


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
        found = super().evaluate_tick(context)
        due: TableDays = {table.full_name: set() for table in self._automation.feed.tables}
        for request in found.run_requests or []:
            for key in request.asset_selection or []:
                due[".".join(key.path)].add(date.fromisoformat(str(request.partition_key)))
        asked = requested(context, self._automation.feed, self._automation.wanted(due), "everything is up to date")
        kept = asked.run_requests or not any(due.values())
        return SensorExecutionData(
            run_requests=asked.run_requests,
            skip_message=asked.skip_reason.skip_message if asked.skip_reason else None,
            cursor=found.cursor,
            # What is asked for in vain, because it failed three times, would be kept once a tick.
            automation_condition_evaluations=found.automation_condition_evaluations if kept else [],
        )
