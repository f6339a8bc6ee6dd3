"""Automation: the sensor that asks for ranged runs of what is due, and what Dagster's Automation tab shows of it.

Belongs here: handing the rule of `staleness.py` to Dagster's declarative automation, with the facts that it is made of.
Not here: the rule and the facts, and what comes in from outside (`sensors.py`).

Dagster's own operands see that something was materialized, not which version of which day went into it, so the facts
come from the ledger. There they are latched: a day stays behind until it is filled, whatever is under way, and whatever
becomes of the run, the daemon or its cursor. Why the rule is not put together of conditions:
docs/decisions/0001-one-condition-a-table.md.
"""

from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime

import dagster as dg
from dagster._core.asset_graph_view.entity_subset import EntitySubset
from dagster._core.definitions.sensor_definition import SensorExecutionData
from psycopg2.extensions import cursor

from acme_platform.day import Days, ours
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
Context = dg.AutomationContext[dg.AssetKey]
Result = dg.AutomationResult[dg.AssetKey]


@dataclass(frozen=True)
class Look:
    """What one tick knows: the ledger, and whether a run of the feed is queued or under way."""

    outlook: Outlook
    is_busy: bool

    def due(self, table: str) -> Set[date]:
        return self.outlook.due(table, is_busy=self.is_busy)


class Automation:
    """The automation of one feed. All of its conditions share one look a tick."""

    def __init__(self, services: Services, feed: Feed) -> None:
        self.services, self.feed = services, feed
        self._looked: tuple[datetime, Look] | None = None

    def condition(self, table: Table) -> Condition | None:
        """The days to fill now, which are those of `Outlook.due`. None for what comes in from outside."""
        return None if table.layer.is_loaded else _Due(self, table)

    def look(self, context: Context) -> Look:
        if self._looked is None or self._looked[0] != context.evaluation_time:
            busy = bool(under_way(context.asset_graph_view.instance, self.feed))
            with self.services.warehouse.transaction(f"{self.feed.name} refresh") as at:
                found = outlook(at, self.feed, self.services.settings.first_day, self._differing(at))
            self._looked = context.evaluation_time, Look(found, busy)
        return self._looked[1]

    def _differing(self, at: cursor) -> TableDays:
        return differing_days(at, self.services, self.feed.tables, LOOK_SECONDS)

    def differing(self) -> TableDays:
        """Caches of the feed that Redis does not hold as their tables say."""
        with self.services.warehouse.transaction(f"{self.feed.name} look") as at:
            return self._differing(at)

    def partitions(self, context: Context, days: Set[date]) -> EntitySubset[dg.AssetKey]:
        """Dagster knows no days but ours."""
        known = {str(day) for day in ours(days, self.services.settings.first_day)}
        return context.candidate_subset.compute_intersection_with_partition_keys(known)

    def sensor(self) -> dg.AutomationConditionSensorDefinition:
        """`<feed>_refresh`."""
        return _Ranged(self)

    def wanted(self, due: TableDays) -> list[Wanted]:
        """The fewest ranged runs over what the conditions asked for, and one for each cache that lost something."""
        differing = self._looked[1].outlook.differing if self._looked else {}
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
class _Due(Condition):
    """True for the days that are due; below it stand the facts that make them so."""

    automation: Automation
    table: Table

    @property
    def name(self) -> str:
        return "due"

    @property
    def description(self) -> str:
        return "to be filled now: ready and its turn, or following, and no run of the feed under way; or lost by Redis"

    @property
    def requires_cursor(self) -> bool:
        return False

    @property
    def children(self) -> Sequence["_Fact"]:
        return tuple(_facts(self.automation, self.table))

    def evaluate(self, context: Context) -> Result:
        facts = [
            fact.evaluate(context.for_child_condition(fact, [number], context.candidate_subset))
            for number, fact in enumerate(self.children)
        ]
        due = self.automation.look(context).due(self.table.full_name)
        return dg.AutomationResult(context, self.automation.partitions(context, due), child_results=facts)


@dataclass(frozen=True, eq=False)
class _Fact(Condition):
    """True for the days of which it holds; all of them where it holds of the feed."""

    title: str
    meaning: str
    automation: Automation
    days: Callable[[Look], Set[date] | bool]

    @property
    def name(self) -> str:
        return self.title

    @property
    def description(self) -> str:
        return self.meaning

    @property
    def requires_cursor(self) -> bool:
        return False

    def evaluate(self, context: Context) -> Result:
        days = self.days(self.automation.look(context))
        if days is True:
            return dg.AutomationResult(context, context.candidate_subset)
        return dg.AutomationResult(context, self.automation.partitions(context, days or set()))


def _facts(automation: Automation, table: Table) -> Iterator[_Fact]:
    """What is shown of a table, in the order in which a person would ask."""
    name = table.full_name
    shown: dict[str, tuple[str, Callable[[Look], Set[date] | bool]]] = {
        "run_of_feed_under_way": ("a run of the feed is queued or under way", lambda look: look.is_busy),
        "stale": ("missing, or older than what it is made of", lambda look: look.outlook.stale[name]),
        "blocked_by_check": ("a `must` check is red on what it reads", lambda look: look.outlook.blocked[name]),
        "resting_after_failure": (
            "it failed, for good and nothing that it reads has changed since, or a moment ago",
            lambda look: look.outlook.resting[name],
        ),
        "its_turn": ("no table of a layer before it is behind on other days", lambda look: look.outlook.turn),
        "following": ("made of what is filled in the same run", lambda look: look.outlook.following[name]),
    }
    if table.layer.is_in_redis:
        lost = "Redis lost something of it, or holds what others put there"
        shown["redis_differs"] = lost, lambda look: look.outlook.differing.get(name, set())
    return (_Fact(title, meaning, automation, days) for title, (meaning, days) in shown.items())


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
