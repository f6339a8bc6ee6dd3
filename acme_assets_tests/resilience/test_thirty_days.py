"""Thirty days of sales that nobody watches, with a fault every few days.

Each day delivers customers and an order of 10.00, and the sensors tick until they ask for nothing more. In the end
every day of every table is built from the newest data, and the runs are those that the deliveries and the faults
account for, worked out by hand:

    deliveries                                          what follows
    30  one a day, though on day 5 the orders lack
     1  day 9 brings the orders of day 5                 1  the answers of days 6 to 8
     1  day 12 corrects day 7                            2  the answers of days 8 and 9, and of day 11: 10 has none
     1  day 14 brings day 10, which was refused          1  the answers of days 11 to 13
        day 15: its run is killed behind raw             1  the rest of day 15
        day 18: the server ends the connections          0  the run tries again by itself
        day 20: Redis is away, longer than a run waits   1  the cache, after a pause
        days 23 and 24: a check of day 22 is red         1  the answers of days 22 to 24, once a person mended it
     1  day 29 corrects day 27, which failed by a bug    1  the answers of day 28
    --                                                   -
    34                                                   8
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate
from typing import Any

import dagster as dg
import pytest

from acme_assets_tests.support.days import deliver_customers, deliver_orders, deliver_torn, january, one
from acme_assets_tests.support.drawn_ledger import DrawnLedger
from acme_assets_tests.support.pipeline import FEED, Pipeline, day
from acme_assets_tests.support.ticking import Platform
from acme_platform.deployment.run_tags import tagged_days
from acme_platform.errors import TryAgain
from acme_platform.ledger.missing_days import gaps
from acme_platform.ledger.staleness import Outlook, outlook
from acme_platform.model.table import Table
from acme_platform.orchestration import assets
from acme_platform.registry import catalog
from acme_platform.runs import Runner
from acme_platform.services import Services
from acme_platform.transform.analytics import answer
from acme_platform.warehouse.connection import Warehouse

MONTH = range(1, 31)
RUNS = {"sales_arrivals": 34, "sales_refresh": 8}
#: day -> the earlier day whose orders come with it, and how many
LATE = {9: (5, 1), 12: (7, 2), 14: (10, 1), 29: (27, 3)}
#: how many orders the newest delivery of each day holds
ORDERS = [{7: 2, 27: 3}.get(number, 1) for number in MONTH]


@dataclass
class Month:
    """The platform over thirty days, and how many runs each sensor asked for."""

    platform: Platform
    monkeypatch: pytest.MonkeyPatch
    runs: dict[str, int] = field(default_factory=lambda: dict.fromkeys(RUNS, 0))

    @property
    def services(self) -> Services:
        return self.platform.services

    def morning(self, number: int) -> None:
        """What is delivered on the day, for it and for an earlier one."""
        deliver_customers(self.services, number)
        if number == 10:
            deliver_torn(self.services, number)
        elif number != 5:
            deliver_orders(self.services, number)
        if number in LATE:
            of, orders = LATE[number]
            deliver_orders(self.services, of, orders=orders)

    def evening(self) -> None:
        """Tick until both sensors ask for nothing more; faults end in five ticks."""
        for _ in range(5):
            if not sum(self.tick(name) for name in self.runs):
                return
        pytest.fail("the sensors asked for runs in five ticks, and would again")

    def tick(self, sensor: str) -> int:
        requests = self.platform.tick(sensor).run_requests or []
        self.platform.launch(requests)
        self.runs[sensor] += len(requests)
        return len(requests)

    def broken(self, what: str, instead: Callable[..., object]) -> None:
        self.monkeypatch.setattr(f"acme_platform.materialize.own_layers.{what}", instead)

    def mend(self) -> None:
        self.monkeypatch.undo()
        impatient(self.monkeypatch)

    # faults

    def kill_a_run(self) -> None:
        """The run of the day ends behind raw, without a word."""
        (request,) = self.platform.arrivals().run_requests or []
        Pipeline(self.services).fill(*(tagged_days(request.tags) or []), layers=("raw",))
        self.platform.pretend([request], dg.DagsterRunStatus.FAILURE)
        self.runs["sales_arrivals"] += 1

    def restart_the_server(self) -> None:
        """Whoever fills the first answers finds the connection ended."""

        def over_a_dead_connection(warehouse: Warehouse, table: Table, on: date, run_id: str) -> int:
            self.mend()
            with warehouse.transaction("test") as cursor:
                cursor.execute("select pg_terminate_backend(pg_backend_pid())")
            return answer(warehouse, table, on, run_id)

        self.broken("answer", over_a_dead_connection)

    def redis_goes_away(self) -> None:
        def unreachable(*_: object) -> None:
            raise TryAgain("Redis was not ready")

        self.broken("refresh", unreachable)

    def redis_comes_back(self) -> None:
        self.mend()
        DrawnLedger(self.services).elapse(61)

    def lose_a_row(self) -> None:
        """Somebody deletes by hand, and a check finds it."""
        Pipeline(self.services).change("delete from staging.sales_orders where day = '2024-01-22'")
        assert Pipeline(self.services).red("staging.sales_orders", day(22)) == {"rows_accounted_for"}

    def restage_by_hand(self) -> None:
        assert Runner(self.services, self.platform.instance).run(("staging.sales_orders",), one(22)).success

    def a_bug(self) -> None:
        def fails(warehouse: Warehouse, table: Table, on: date, run_id: str) -> int:
            if (table.name, on) == ("customer_orders", day(27)):
                raise KeyError("customer_id")
            return answer(warehouse, table, on, run_id)

        self.broken("answer", fails)


#: before the evening of the day, and after it
BEFORE: dict[int, Callable[[Month], None]] = {
    15: Month.kill_a_run,
    18: Month.restart_the_server,
    20: Month.redis_goes_away,
    27: Month.a_bug,
    29: Month.mend,
}
AFTER: dict[int, Callable[[Month], None]] = {
    20: Month.redis_comes_back,
    22: Month.lose_a_row,
    24: Month.restage_by_hand,
}


def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attempts follow each other at once."""
    monkeypatch.setattr(assets, "RETRIES", assets.RETRIES._replace(delay=0.01))


def live(month: Month) -> None:
    impatient(month.monkeypatch)
    for number in MONTH:
        month.morning(number)
        BEFORE.get(number, _nothing)(month)
        month.evening()
        if number in AFTER:
            AFTER[number](month)
            month.evening()


def _nothing(_: Month) -> None:
    """No fault today."""


def expected() -> Iterator[dict[str, Any]]:
    """customer_orders of each day: Ann has all orders up to it, Bob has none."""
    for number, orders in zip(MONTH, accumulate(ORDERS), strict=True):
        yield {"day": day(number), "customer_name": "Ann", "orders": orders}
        yield {"day": day(number), "customer_name": "Bob", "orders": 0}


def final(services: Services) -> tuple[Outlook, list[str]]:
    """What is still to be done, and which days are lacking."""
    with services.open_warehouse().transaction("test") as cursor:
        lacking = [f"{table.full_name} {gap}" for table in FEED.tables for gap in gaps(cursor, table)]
        return outlook(cursor, FEED, services.settings.first_day), lacking


@pytest.mark.slow
def test_thirty_days_with_faults_end_complete_with_the_runs_that_the_faults_account_for(
    services: Services, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    month, pipeline = Month(Platform(services, instance), monkeypatch), Pipeline(services)

    live(month)

    built = pipeline.ask("select table_name, array_agg(day order by day) as days from ledger.builds group by 1")
    assert {row["table_name"]: row["days"] for row in built} == {
        table.full_name: january(1, 30) for table in catalog.feed("sales").tables
    }
    assert pipeline.ask(
        "select day, customer_name, order_count as orders from analytics.customer_orders order by day, customer_name"
    ) == list(expected())
    assert pipeline.hashes()["country:USA"] == {"users_counts": "1", "order_amount": "330.00"}
    left, lacking = final(services)
    assert [left.stale[table.full_name] for table in FEED.tables] == [set()] * 8
    assert lacking == []
    assert month.runs == RUNS
