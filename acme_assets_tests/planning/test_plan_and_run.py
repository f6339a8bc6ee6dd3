"""What a plan says is what the run then fills, no more and no less.

Chance brings deliveries, corrections, refused files, failures, edited SQL, runs of some tables and days. What only the
filling finds out is left out: a new file that cannot be read, a correction or an edit of versions that says the same.
"""

import random
from dataclasses import dataclass
from datetime import date

import dagster as dg
import pytest

from acme_assets_tests.support.days import TORN
from acme_assets_tests.support.pipeline import FEED, Pipeline, day
from acme_platform.day import Days
from acme_platform.model.run_options import RunOptions
from acme_platform.planning.asked import of_run
from acme_platform.registry import catalog
from acme_platform.runs import Outcome, Runner
from acme_platform.services import Services

TableDays = set[tuple[str, date]]
NAMES = [table.full_name for table in FEED.tables]
COMPUTED = [name for name in NAMES if not catalog.table(name).layer.is_loaded]
#: of which another SQL is taken to make other rows, as runs take it
ANSWERS = [name for name in COMPUTED if not catalog.table(name).layer.is_delivered]
LAST = 5


@dataclass
class Situation:
    """A warehouse into which chance puts what a month puts there."""

    services: Services
    runner: Runner
    chance: random.Random
    order: int = 0

    @property
    def pipeline(self) -> Pipeline:
        return Pipeline(self.services)

    def any_day(self) -> date:
        return day(self.chance.randint(1, LAST))

    def days(self) -> Days:
        return Days(*sorted((self.any_day(), self.any_day())))

    def deliver(self) -> None:
        """New, or other than what stood: each order has a number and an amount of its own."""
        self.order += 1
        on = self.any_day()
        if self.chance.random() < 1 / 3:
            text = f"customer_id,customer_name,country\n1,Ann {self.order},Norway\n"
            self.pipeline.deliver("customers", on, text.encode())
        else:
            text = f"order_id,customer_id,order_date,amount\n{self.order},1,2024-01-01,{self.order}.00\n"
            self.pipeline.deliver("orders", on, text.encode())

    def refuse(self) -> None:
        """A file that cannot be read, and that was met."""
        on = self.any_day()
        self.pipeline.deliver("orders", on, TORN)
        self.runner.run(("raw.sales_orders",), Days(on, on))

    def fill_some(self) -> None:
        self.runner.run(self.tables(), self.days())

    def fill_all(self) -> None:
        self.runner.run(tuple(NAMES), Days(day(1), day(LAST)))

    def edit(self) -> None:
        """Another SQL filled some days."""
        name, on = self.chance.choice(ANSWERS), self.any_day()
        with self.services.open_warehouse().transaction("test") as cursor:
            cursor.execute(
                "update ledger.builds set code_version = 'older' where table_name = %s and day >= %s", (name, on)
            )

    def fail(self) -> None:
        """A day failed for good."""
        name, on = self.chance.choice(COMPUTED), self.any_day()
        with self.services.open_warehouse().transaction("test") as cursor:
            cursor.execute(
                "insert into ledger.failures (table_name, day, change, code_version, message, run_id, passes)"
                " select %s, %s, last_value, %s, 'our bug', 'r', false from ledger.changes on conflict do nothing",
                (name, on, catalog.table(name).code_version),
            )

    def tables(self) -> tuple[str, ...]:
        """Everything, one table, or one and what reads it."""
        kind, first = self.chance.randrange(3), self.chance.choice(NAMES)
        if kind == 0:
            return tuple(NAMES)
        behind = {first}
        for name in NAMES if kind == 1 else ():
            if behind & set(catalog.table(name).upstream):
                behind.add(name)
        return tuple(name for name in NAMES if name in behind)

    def happen(self) -> None:
        """A few things, most of them deliveries."""
        kinds = [self.deliver] * 4 + [self.fill_some] * 2 + [self.refuse, self.fill_all, self.edit, self.fail]
        for _ in range(self.chance.randint(1, 4)):
            self.chance.choice(kinds)()

    def filled(self, tables: tuple[str, ...], days: Days, options: RunOptions) -> TableDays:
        """What `acme run` fills."""
        before = self.changes()
        outcomes = [self.runner.run(tables, some_days, options) for some_days in self.runner.runs(days)]
        for stale_tables, stale in self.runner.refreshes():
            outcomes += [self.runner.run(stale_tables, some_days) for some_days in self.runner.runs(stale)]
        computed = {where for outcome in outcomes for where in self.materialized(outcome) if where[0] in COMPUTED}
        return computed | {(table, on) for table, on, _ in self.changes() - before}

    def changes(self) -> set[tuple[str, date, int]]:
        """Of raw, which every run looks at, the days and when they said something else last."""
        found = self.pipeline.ask("select table_name, day, change from ledger.builds where table_name like 'raw.%%'")
        return {(row["table_name"], row["day"], row["change"]) for row in found}

    def materialized(self, outcome: Outcome) -> TableDays:
        """Days that the run filled, and did not leave as they stood."""
        records = self.runner.instance.get_records_for_run(outcome.run_id, limit=10_000).records
        made = [record.event_log_entry.asset_materialization for record in records]
        return {
            (".".join(one.asset_key.path), date.fromisoformat(str(one.partition)))
            for one in made
            if one and "unchanged_since_run" not in one.metadata
        }


def holds_together(situation: Situation, times: int) -> None:
    for _ in range(times):
        situation.happen()
        tables, days = situation.tables(), situation.days()
        options = RunOptions(force=situation.chance.random() < 1 / 5)

        planned = of_run(situation.services, tables, days, options).days
        filled = situation.filled(tables, days, options)

        said = f"{options} {days} {tables}"
        assert (said, sorted(planned - filled), sorted(filled - planned)) == (said, [], [])


@pytest.fixture
def situation(request: pytest.FixtureRequest, services: Services, instance: dg.DagsterInstance) -> Situation:
    return Situation(services, Runner(services, instance), random.Random(request.param))  # noqa: S311  # no secret


@pytest.mark.parametrize("situation", [1], indirect=True)
def test_a_plan_and_its_run_agree(situation: Situation) -> None:
    holds_together(situation, 2)


@pytest.mark.slow
@pytest.mark.parametrize("situation", range(2, 12), indirect=True)
def test_a_plan_and_its_run_agree_in_a_hundred_situations(situation: Situation) -> None:
    holds_together(situation, 10)
