"""Unattended: whatever happens to deliveries, sensors and runs, in the end the tables hold what was delivered last.

A state machine against a model in plain Python that a person can check by reading. Ticks are those of the real sensors;
the runs that they ask for are filled table by table, so that one can end anywhere.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import count, islice, product

import dagster as dg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from acme_assets_tests.support.days import january, settle, span
from acme_assets_tests.support.pipeline import FEED, Pipeline
from acme_assets_tests.support.ticking import Platform
from acme_platform.deployment.run_tags import range_tags, tagged_days
from acme_platform.ingest.files import removed_files
from acme_platform.ledger.missing_days import gaps
from acme_platform.registry import catalog
from acme_platform.schema.ddl import ensure
from acme_platform.services import Services

DAYS = january(1, 4)
FILES = {"customers": "raw.sales_customers", "orders": "raw.sales_orders"}
EVERY_TABLE = tuple(table.full_name for table in FEED.tables)
#: more ticks than it can take; each pair brings one layer further
TICKS = 20
files, some_days = st.sampled_from([*FILES]), st.sampled_from(DAYS)
#: a run that dies has filled so many days of tables, of 8 tables and up to 4 days
deaths = st.integers(0, 12)

Day = tuple[str, date]


@dataclass
class Model:
    """Amounts of order 1 in the files of orders; a file of customers holds the one customer, Ann of USA."""

    lake: dict[Day, int] = field(default_factory=dict)
    #: what raw holds: a file that left the lake stays here
    loaded: dict[Day, int] = field(default_factory=dict)
    #: days of tables of raw that a run came to, also those without a file
    filled: set[Day] = field(default_factory=set)

    def load(self, table: str, on: date) -> None:
        self.filled.add((table, on))
        if (table, on) in self.lake:
            self.loaded[table, on] = self.lake[table, on]

    def answered(self) -> list[date]:
        return [on for on in DAYS if all((table, on) in self.filled for table in FILES)]

    def waiting(self) -> set[date]:
        """A run that died behind the first table of raw leaves what a click on that table does: its day waits."""
        return {on for _, on in self.filled} - {*self.answered()}

    def orders(self, on: date) -> list[int]:
        """Order 1 as it came last, and the order of 10.00 that each day brings besides."""
        days = [loaded_day for loaded_day in DAYS if loaded_day <= on and ("orders", loaded_day) in self.loaded]
        return [self.loaded["orders", days[-1]], *(10 for _ in days)] if days else []

    def answers(self) -> Iterator[tuple[str, int, str]]:
        """Rows of analytics.customer_orders."""
        for on in self.answered():
            if any(("customers", loaded_day) in self.loaded for loaded_day in DAYS if loaded_day <= on):
                yield str(on), len(self.orders(on)), f"{sum(self.orders(on))}.00"


class Unattended(RuleBasedStateMachine):
    """One platform, emptied before each example."""

    platform: Platform

    def __init__(self) -> None:
        super().__init__()
        self.model, self.amounts, self.deaths = Model(), count(100), 0
        self.platform.cursors.clear()
        self.pipeline = Pipeline(self.platform.services)
        self.pipeline.forget()
        with self.platform.services.open_warehouse().transaction("test") as cursor:
            for table in FEED.tables:
                ensure(cursor, table)
        self.instance = dg.DagsterInstance.ephemeral()
        self.platform.instance = self.instance
        shutil.rmtree(self.platform.services.settings.home / "lake", ignore_errors=True)

    @rule(table=files, on=some_days)
    def deliver_or_correct(self, table: str, on: date) -> None:
        amount = self.model.lake[table, on] = next(self.amounts)
        orders = f"order_id,customer_id,order_date,amount\n1,1,{on},{amount}\n{on.day + 1},1,{on},10\n"
        content = orders if table == "orders" else "customer_id,customer_name,country\n1,Ann,USA\n"
        settle(self.platform.services, self.pipeline.deliver(table, on, content.encode()))

    @precondition(lambda self: self.model.lake)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        table, on = data.draw(st.sampled_from(sorted(self.model.lake)))
        del self.model.lake[table, on]
        (self.platform.services.settings.home / "lake" / "sales" / table / f"{on}.csv").unlink()

    @rule()
    def tick(self) -> None:
        for request in self.requests():
            self.run(request)

    @precondition(lambda self: self.deaths < 2)  # after three a sensor leaves a file to people
    @rule(after=deaths)
    def tick_and_die(self, after: int) -> None:
        for request in self.requests()[:1]:
            self.deaths += 1
            self.run(request, after)

    @rule(cursor_kept=st.booleans())
    def daemon_dies_in_a_tick(self, cursor_kept: bool) -> None:
        """Before it starts a run of those asked for."""
        before = dict(self.platform.cursors)
        self.requests()
        if not cursor_kept:
            self.platform.cursors = before

    @rule(first=st.integers(1, 4), length=st.integers(0, 3), after=deaths)
    def backfill(self, first: int, length: int, after: int) -> None:
        """By a person; most of these die too, and nobody takes them up again as the daemon would."""
        self.run(dg.RunRequest(tags=range_tags(span(first, min(4, first + length)))), after)

    @rule(cursor=st.sampled_from([None, "", "sales/orders/2024-01-02", "zzz"]))
    def lose_the_cursor(self, cursor: str | None) -> None:
        self.platform.cursors["sales_arrivals"] = cursor

    @rule(on=some_days, table=st.sampled_from(["analytics.customer_orders", "analytics.top_paying_customers"]))
    def clear(self, on: date, table: str) -> None:
        self.pipeline.change(
            f"delete from {table} where day = '{on}'",  # noqa: S608  # both are texts of this test
            f"delete from ledger.builds where table_name = '{table}' and day = '{on}'",  # noqa: S608  # as above
        )

    def teardown(self) -> None:
        with self.instance:
            self.come_to_rest()
            self.model_holds()
            self.what_waits_is_told()

    def come_to_rest(self) -> None:
        """Behind a lost cursor one tick may see nothing; the next one begins at the start of the lake."""
        quiet = 0
        for _ in range(TICKS):
            requests = self.requests()
            for request in requests:
                self.run(request)
            quiet = 0 if requests else quiet + 1
            if quiet == 2:
                return
        pytest.fail(f"after {TICKS} ticks there are still requests")

    def requests(self) -> list[dg.RunRequest]:
        ticks = self.platform.arrivals(), self.platform.refresh()
        return [request for tick in ticks for request in tick.run_requests or []]

    def run(self, request: dg.RunRequest, dies_after: int | None = None) -> None:
        if request.asset_check_keys:
            assert self.platform.launch([request]) == [True]
            return
        tables = [key.to_user_string().replace("/", ".") for key in request.asset_selection or []] or EVERY_TABLE
        every = list(product([name for name in EVERY_TABLE if name in tables], tagged_days(request.tags) or ()))
        for table, on in islice(every, dies_after):
            self.pipeline.fill_table(table, on)
            if table in FILES.values():
                self.model.load(catalog.table(table).delivered, on)
        died = dies_after is not None and dies_after < len(every)
        self.platform.pretend([request], dg.DagsterRunStatus.FAILURE if died else dg.DagsterRunStatus.SUCCESS)

    def model_holds(self) -> None:
        rows = self.pipeline.ask("select day::text, order_count, order_amount::text from analytics.customer_orders")
        assert sorted(tuple(row.values()) for row in rows) == list(self.model.answers())
        newest = str(max(self.model.answered(), default=None))
        held = [
            {"users_counts": str(min(users, 1)), "order_amount": amount}
            for on, users, amount in self.model.answers()
            if on == newest
        ]
        assert [*self.pipeline.hashes().values()] == held
        gone = {(FILES[table], on) for table, on in self.model.loaded if (table, on) not in self.model.lake}
        said = self.pipeline.ask(
            "select table_name, day from ledger.verdicts where check_name = %(check)s and broken_rows > 0",
            {"check": removed_files.CHECK},
        )
        assert {(row["table_name"], row["day"]) for row in said} == gone

    def what_waits_is_told(self) -> None:
        with self.platform.services.open_warehouse().transaction("test") as cursor:
            lacking = {gap.day for gap in gaps(cursor, catalog.table("analytics.customer_orders"))}
        assert lacking == self.model.waiting()


@pytest.mark.slow
@pytest.mark.parametrize(("examples", "steps"), [(8, 12), pytest.param(200, 20, marks=pytest.mark.slow)])
def test_whatever_happens_the_tables_hold_what_was_delivered_last(
    services: Services, instance: dg.DagsterInstance, examples: int, steps: int
) -> None:
    Unattended.platform = Platform(services, instance)
    run_state_machine_as_test(
        Unattended,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            # a dozen steps are read as they are; to make them fewer took more than five minutes
            phases=[Phase.reuse, Phase.generate],
        ),
    )
