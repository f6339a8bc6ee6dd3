"""`acme run`: what a person reads while days are materialized, and the exit code that a script reads."""

import os
import re
import signal
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from acme_assets_tests.support import drawn
from acme_assets_tests.support.databases import database
from acme_assets_tests.support.days import deliver, deliver_orders, deliver_torn
from acme_assets_tests.support.pipeline import day
from acme_platform.config.settings import Settings
from acme_platform.embedded import Addresses
from acme_platform.materialize.layers import machinery
from acme_platform.materialize.machinery import Filled
from acme_platform.model.table import Feed, Table
from acme_platform.registry import catalog
from acme_platform.services import Services

from .conftest import Acme


@pytest.fixture(scope="module")
def storage(servers: Addresses) -> Iterator[str]:
    """Dagster's database of these tests: its tables take seconds to make, and they leave failed runs in it."""
    with database(servers.dagster_url, "template1") as url:
        yield url


@pytest.fixture
def services(
    servers_of_the_tests: None,  # noqa: ARG001 (sets the environment)
    storage: str,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Services]:
    """Those that the command will have."""
    monkeypatch.setenv("ACME_DAGSTER_URL", storage)
    monkeypatch.setenv("DAGSTER_HOME", str(home / "dagster"))
    made = Services(Settings.from_env())
    yield made
    made.open_warehouse().close()
    made.open_redis().close()


@pytest.mark.slow
def test_a_run_in_a_pipe_is_a_plain_line_a_table_and_one_for_the_whole(acme: Acme, services: Services) -> None:
    deliver(services, 1, 2, orders=3)

    answer = acme("run", "--select", "group:sales", "--days", "2024-01-01..2024-01-02")

    assert answer.code == 0
    # of two days of a cache the newer one is filled
    assert answer.err.splitlines() == [
        "raw.sales_customers: 2 days, 4 rows",
        "raw.sales_orders: 2 days, 6 rows",
        "staging.sales_customers: 2 days, 4 rows",
        "staging.sales_orders: 2 days, 6 rows",
        "analytics.customer_orders: 2 days, 4 rows",
        "analytics.sales_by_country: 2 days, 4 rows",
        "analytics.top_paying_customers: 2 days, 2 rows",
        "cache.country: 2 days, 4 rows",
    ]
    assert re.fullmatch(
        r"2024-01-01\.\.2024-01-02: 2 days of 8 tables: 15 filled, 1 unchanged; \S+ s \(run \w{8}\)\n", answer.out
    )


@pytest.mark.slow
def test_a_correction_says_which_later_days_follow(acme: Acme, services: Services) -> None:
    deliver(services, 1, 2)
    acme("run", "--select", "group:sales", "--days", "2024-01-01..2024-01-02")
    deliver_orders(services, 1, orders=2)

    answer = acme("run", "--select", "group:sales", "--days", "2024-01-01")

    assert answer.code == 0
    stale = "analytics.customer_orders, analytics.sales_by_country, analytics.top_paying_customers, cache.country"
    assert f"2024-01-02 became stale in {stale}: filling again" in answer.out.splitlines()


@pytest.mark.slow
def test_a_refused_file_ends_with_1_names_itself_and_the_next_command_and_the_other_days_are_done(
    acme: Acme, services: Services
) -> None:
    deliver(services, 1, 2, 3)
    torn = deliver_torn(services, 2)

    answer = acme("run", "--select", "group:sales", "--days", "2024-01-01..2024-01-03")

    assert answer.code == 1
    assert torn in answer.err
    assert "acme deliver sales orders FILE --day 2024-01-02" in answer.err
    # of every table day 2 but of the customers; day 3 waits for it where answers read every day up to theirs
    assert re.search(r"3 days of 8 tables: \d+ filled, 0 unchanged, \d+ FAILED or waiting", answer.out)
    assert "acme run --days 2024-01-01..2024-01-03 --select group:sales does the rest" in answer.out
    assert "Traceback" not in answer.err
    assert acme("query", "customer_orders", "--format", "csv").out.splitlines()[1] == "1,Ann,2"


def interrupt_at(monkeypatch: pytest.MonkeyPatch, table_name: str, number: int) -> None:
    """Ctrl-C is pressed while that day of the table is filled."""
    filling = machinery(catalog.table(table_name))
    whole = filling.fill

    def half(services: Services, feed: Feed, table: Table, on: date, run_id: str) -> Filled:
        if (table.full_name, on) == (table_name, day(number)):
            os.kill(os.getpid(), signal.SIGINT)
        return whole(services, feed, table, on, run_id)

    monkeypatch.setattr(filling, "fill", half)


@pytest.mark.slow
def test_an_interrupted_range_says_which_days_of_each_table_are_done_and_what_does_the_rest(
    acme: Acme, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two runs of two days; interrupted at day 4 of the orders in staging, the fourth of eight tables."""
    deliver(services, 1, 2, 3, 4)
    monkeypatch.setenv("ACME_RUN_DAYS", "2")
    interrupt_at(monkeypatch, "staging.sales_orders", 4)

    answer = acme("run", "--select", "group:sales", "--days", "2024-01-01..2024-01-04")

    assert answer.code == 130
    # 2 days of 8 tables, of which one of the cache; 2 of 3 tables and 1 of the fourth
    assert re.search(r"4 days of 8 tables: 22 filled, 1 unchanged, 9 not done; .*cut short in run 2 of 2", answer.out)
    titles, *lines = (re.split("  +", line.strip()) for line in answer.out.splitlines()[1:])
    drawn.expect(
        [dict(zip(titles, line, strict=True)) for line in lines],
        """
        table                          | days done              | of 4
        raw.sales_customers            | 2024-01-01..2024-01-04 | 4
        raw.sales_orders               | 2024-01-01..2024-01-04 | 4
        staging.sales_customers        | 2024-01-01..2024-01-04 | 4
        staging.sales_orders           | 2024-01-01..2024-01-03 | 3
        analytics.customer_orders      | 2024-01-01..2024-01-02 | 2
        analytics.sales_by_country     | 2024-01-01..2024-01-02 | 2
        analytics.top_paying_customers | 2024-01-01..2024-01-02 | 2
        cache.country                  | 2024-01-01..2024-01-02 | 2
        """,
    )
    assert "acme run --days 2024-01-01..2024-01-04 --select group:sales does the rest" in answer.err


@pytest.mark.slow
def test_a_forced_range_that_was_interrupted_is_forced_on_from_the_first_day_that_is_not_done(
    acme: Acme, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without --force the days that stood before it would be left as they are; of days 1 and 2 nothing is to do."""
    deliver(services, 1, 2, 3, 4)
    acme("run", "--select", "group:sales", "--days", "2024-01-01..2024-01-04")
    monkeypatch.setenv("ACME_RUN_DAYS", "2")
    interrupt_at(monkeypatch, "staging.sales_orders", 4)

    answer = acme("run", "--select", "group:sales", "--days", "2024-01-01..2024-01-04", "--force")

    assert answer.code == 130
    assert "acme run --days 2024-01-03..2024-01-04 --select group:sales --force does the rest" in answer.err


@pytest.mark.slow
def test_a_forced_range_that_failed_is_forced_on_too(acme: Acme, services: Services) -> None:
    deliver(services, 1, 2)
    acme("run", "--select", "group:sales", "--days", "2024-01-01..2024-01-02")
    deliver_torn(services, 2)

    answer = acme("run", "--select", "raw/sales_orders", "--days", "2024-01-01..2024-01-02", "--force")

    assert answer.code == 1
    assert "acme run --days 2024-01-02 --select raw/sales_orders --force does the rest" in answer.out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "--days"),
        (["--days", "2024-01-32"], "2024-01-32"),
        (["--days", "2024-01-02..2024-01-01"], "ends before it starts"),
        (["--days", "2021-12-31"], "2021-12-31 begins before the first day, 2022-01-01"),
        (["--days", "2999-01-01"], "2999-01-01 ends after today"),
        (["--days", "2024-01-01", "--select", "staging/sales_order"], "'staging/sales_order' names no table"),
    ],
)
@pytest.mark.usefixtures("services")
def test_wrong_words_end_with_2_and_are_named(acme: Acme, words: list[str], says: str) -> None:
    answer = acme("run", *words)

    assert (answer.code, answer.out) == (2, "")
    assert says in answer.err
    assert "Traceback" not in answer.err
