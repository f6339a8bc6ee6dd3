"""Conditions: what Dagster's Automation tab shows of a table, and which of its days the sensor is told of.

Belongs here: handing the rule of `staleness.py` to Dagster, with the facts that it is made of below it. Not here: the
rule and the facts, when they are looked at and what is asked for (`automation.py`).

Why the rule is not put together of conditions: docs/decisions/0001-one-condition-a-table.md.
"""

from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import date

import dagster as dg

from acme_platform.day import ours
from acme_platform.ledger.staleness import Outlook
from acme_platform.model.table import Table

Condition = dg.AutomationCondition[dg.AssetKey]
Context = dg.AutomationContext[dg.AssetKey]
Result = dg.AutomationResult[dg.AssetKey]


@dataclass(frozen=True)
class Look:
    """What one tick knows of a feed."""

    outlook: Outlook
    #: a run of the feed is queued or under way
    is_busy: bool
    first_day: date

    def due(self, table: str) -> set[date]:
        return self.outlook.due(table, is_busy=self.is_busy)

    def result(self, context: Context, days: Set[date], below: Sequence[Result] = ()) -> Result:
        """True for these days; Dagster knows no days but ours."""
        known = {str(day) for day in ours(days, self.first_day)}
        subset = context.candidate_subset.compute_intersection_with_partition_keys(known)
        return dg.AutomationResult(context, subset, child_results=below)


@dataclass(frozen=True, eq=False)
class Due(Condition):
    """True for the days that are due; below it stand the facts that make them so."""

    table: Table
    look: Callable[[Context], Look]

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
    def children(self) -> Sequence["Fact"]:
        return tuple(Fact(title, meaning, days, self.look) for title, meaning, days in facts(self.table))

    def evaluate(self, context: Context) -> Result:
        results = [
            fact.evaluate(context.for_child_condition(fact, [number], context.candidate_subset))
            for number, fact in enumerate(self.children)
        ]
        look = self.look(context)
        return look.result(context, look.due(self.table.full_name), results)


@dataclass(frozen=True, eq=False)
class Fact(Condition):
    """True for the days of which it holds; for all of them where it holds of the feed."""

    title: str
    meaning: str
    days: Callable[[Look], Set[date] | bool]
    look: Callable[[Context], Look]

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
        look = self.look(context)
        days = self.days(look)
        if days is True:
            return dg.AutomationResult(context, context.candidate_subset)
        return look.result(context, days or set())


def facts(table: Table) -> Iterator[tuple[str, str, Callable[[Look], Set[date] | bool]]]:
    """(name, meaning, days) in the order in which a person would ask."""
    name = table.full_name
    yield "run_of_feed_under_way", "a run of the feed is queued or under way", lambda look: look.is_busy
    yield "stale", "missing, or older than what it is made of", lambda look: look.outlook.stale[name]
    yield "blocked_by_check", "a `must` check is red on what it reads", lambda look: look.outlook.blocked[name]
    failed = "it failed, for good and nothing that it reads has changed since, or a moment ago"
    yield "resting_after_failure", failed, lambda look: look.outlook.resting[name]
    yield "its_turn", "no table of a layer before it is behind on other days", lambda look: look.outlook.turn
    yield "following", "made of what is filled in the same run", lambda look: look.outlook.following[name]
    if table.layer.is_in_redis:
        lost = "Redis lost something of it, or holds what others put there"
        yield "redis_differs", lost, lambda look: look.outlook.differing.get(name, set())
