"""Runs inside this process: what they refuse, what they report, what follows them, and what Ctrl-C leaves."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pytest

from acme_assets_tests.embedded.homes import ask, until
from acme_assets_tests.support.days import deliver, deliver_orders, waits_for_a_lock
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.config.settings import Settings
from acme_platform.day import Days, today
from acme_platform.errors import UsageError
from acme_platform.runs import Broken, Outcome, Runner
from acme_platform.services import Services
from acme_platform.warehouse.connection import lock

ANSWERS = ("analytics.customer_orders", "analytics.sales_by_country", "analytics.top_paying_customers", "cache.country")


def everything(runner: Runner, first: int, last: int) -> list[Outcome]:
    """As `acme run --days first..last --select group:sales` does it."""
    outcomes = [runner.run(runner.select("group:sales"), Days(day(first), day(last)))]
    return outcomes + [runner.run(tables, days) for tables, days in runner.refreshes()]


@pytest.mark.slow
def test_a_correction_is_followed_by_the_later_days_that_were_materialized(runner: Runner) -> None:
    deliver(runner.services, 1, 2, 3, 5)
    everything(runner, 1, 3)
    everything(runner, 5, 5)
    deliver_orders(runner.services, 2, orders=4)

    outcomes = everything(runner, 2, 2)

    assert [(str(outcome.days), outcome.success) for outcome in outcomes] == [
        ("2024-01-02", True),
        ("2024-01-03", True),
        ("2024-01-05", True),
    ]
    assert [outcome.tables for outcome in outcomes[1:]] == [ANSWERS, ANSWERS]
    Pipeline(runner.services).expect(
        "analytics.customer_orders where customer_id = 1",
        """
        day        | order_count | order_amount
        2024-01-01 | 1           | 10.00
        2024-01-02 | 5           | 50.00
        2024-01-03 | 6           | 60.00
        2024-01-05 | 7           | 70.00
        """,
    )
    assert Pipeline(runner.services).hashes()["country:USA"] == {"users_counts": "1", "order_amount": "70.00"}


@pytest.mark.slow
def test_a_run_over_what_is_there_already_changes_nothing_and_makes_nothing_stale(runner: Runner) -> None:
    deliver(runner.services, 1, 2)
    everything(runner, 1, 2)

    assert [str(stale_work.days) for stale_work in everything(runner, 1, 1)] == ["2024-01-01"]


@pytest.mark.slow
def test_the_outcome_holds_the_broken_checks(runner: Runner) -> None:
    """Orders of day 1 name a customer nobody delivered: shown, and no reason to stop."""
    deliver_orders(runner.services, 1, orders=2)

    outcome = runner.run(runner.select("group:sales"), Days(day(1), day(1)))

    assert outcome.success
    assert set(outcome.broken) == {
        Broken("raw.sales_customers", "something_delivered", must=False, days=("2024-01-01: 1 row",)),
        Broken(
            "analytics.customer_orders",
            "sales_orders_of_unknown_customers",
            must=False,
            days=("2024-01-01: 2 rows",),
        ),
    }
    assert outcome.errors == ()


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("selection", "tables"),
    [
        ("staging/sales_orders", {"staging.sales_orders"}),
        ("staging/sales_customers+", {"staging.sales_customers", "analytics.customer_orders"}),
        ("+staging/sales_customers", {"raw.sales_customers", "staging.sales_customers"}),
        ('key:"analytics/s*"', {"analytics.sales_by_country"}),
        ("group:sales and kind:redis", {"cache.country"}),
        ("group:sales and tag:layer=raw", {"raw.sales_customers", "raw.sales_orders"}),
        (
            'group:sales and not key:"*/sales_*"',
            {"analytics.customer_orders", "analytics.top_paying_customers", "cache.country"},
        ),
    ],
)
def test_tables_are_chosen_as_the_ui_writes_it(runner: Runner, selection: str, tables: set[str]) -> None:
    assert set(runner.select(selection)) == tables


def test_tables_are_chosen_in_the_order_in_which_they_are_made(runner: Runner) -> None:
    assert runner.select("group:sales")[0] == "raw.sales_customers"
    assert runner.select("group:sales")[-1] == "cache.country"


@pytest.mark.parametrize("selection", ["staging/sales_order", "", "staging/(", "group:nobody", "kind:"])
def test_a_selection_that_names_nothing_says_so_and_what_there_is(runner: Runner, selection: str) -> None:
    with pytest.raises(UsageError) as refused:
        runner.select(selection)

    assert repr(selection) in refused.value.message
    assert "staging/sales_orders" in refused.value.next_step


def test_days_before_the_first_one_are_refused(runner: Runner) -> None:
    with pytest.raises(UsageError, match=r"2023-12-31\.\.2024-01-01 begins before the first day, 2024-01-01"):
        runner.run(runner.select("*"), Days(day(1) - timedelta(days=1), day(1)))


def test_days_after_today_are_refused(runner: Runner) -> None:
    tomorrow = today() + timedelta(days=1)

    with pytest.raises(UsageError, match=f"{tomorrow} ends after today"):
        runner.run(runner.select("*"), Days(tomorrow, tomorrow))


ACME = "from acme_platform.cli import main; main()"


def acme_run(settings: Settings, days: str) -> "subprocess.Popen[str]":
    """`acme run --days` of the sales feed as a process of its own on the test's servers."""
    urls = {"WAREHOUSE": settings.warehouse_url, "DAGSTER": settings.dagster_url, "REDIS": settings.redis_url}
    return subprocess.Popen(
        [sys.executable, "-c", ACME, "run", "--days", days, "--select", "group:sales"],
        env={
            "PATH": os.environ["PATH"],
            "ACME_HOME": str(settings.home),
            "ACME_LAKE_URL": settings.lake_url,
            "ACME_FIRST_DAY": str(settings.first_day),
            **{f"ACME_{name}_URL": str(url) for name, url in urls.items()},
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_ctrl_c_rolls_back_the_day_it_is_at_keeps_the_others_and_the_next_run_does_the_rest(
    services: Services, settings: Settings, dagster_url: str
) -> None:
    """The exit code is a shell's for an interrupted command, and a person reads a line, not a traceback."""
    settings = replace(settings, dagster_url=dagster_url)
    deliver(services, *range(1, 6), orders=3)
    with (
        acme_run(settings, "2024-01-01..2024-01-05") as interrupted,
        services.open_warehouse().transaction("test") as cursor,
    ):
        lock(cursor, "staging.sales_orders")
        until(lambda: waits_for_a_lock(services), 60)
        interrupted.send_signal(signal.SIGINT)
        _, said = interrupted.communicate(timeout=30)  # half of the longest wait for a lock

    assert interrupted.returncode == 130, said
    assert "Traceback" not in said
    assert "acme run --days 2024-01-01..2024-01-05 --select group:sales does the rest" in said
    held = Pipeline(services)
    assert held.built("raw.sales_orders") == {1, 2, 3, 4, 5}
    assert held.built("staging.sales_orders") == held.built("analytics.customer_orders") == set()
    assert ask(dagster_url, "select status from runs") == "CANCELED"  # and not for ever STARTED

    with acme_run(settings, "2024-01-01..2024-01-05") as again:
        _, said = again.communicate(timeout=60)

    assert again.returncode == 0, said
    assert held.built("analytics.sales_by_country") == {1, 2, 3, 4, 5}
    assert held.hashes()["country:USA"]["order_amount"] == "150.00"
