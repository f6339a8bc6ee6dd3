"""`acme plan`: what would be filled, as people, programs and a comment read it."""

import json
from collections.abc import Iterator

import pytest

from acme_assets_tests.support.days import deliver
from acme_platform.config.settings import Settings
from acme_platform.services import Services

from .conftest import Acme

DAY = "--days", "2024-01-01"


@pytest.fixture
def delivered(servers_of_the_tests: None) -> Iterator[None]:  # noqa: ARG001 (sets the environment)
    """Files of one day wait."""
    services = Services(Settings.from_env())
    deliver(services, 1, orders=2)
    yield
    services.open_warehouse().close()
    services.open_redis().close()


@pytest.mark.usefixtures("delivered")
def test_what_waits_is_said_a_line_a_table_and_counted(acme: Acme) -> None:
    answer = acme("plan", "--select", "group:sales")

    assert answer.code == 0
    assert answer.out.splitlines() == [
        "The platform by itself would fill",
        "raw.sales_customers",
        "  2024-01-01              new",
        "raw.sales_orders",
        "  2024-01-01              new",
        "staging.sales_customers",
        "  2024-01-01              new",
        "staging.sales_orders",
        "  2024-01-01              new",
        "analytics.customer_orders",
        "  2024-01-01              new",
        "analytics.sales_by_country",
        "  2024-01-01              new",
        "analytics.top_paying_customers",
        "  2024-01-01              new",
        "cache.country",
        "  2024-01-01              new",
        "8 fillings of 8 tables; 8 tables without history",
    ]


@pytest.mark.usefixtures("delivered")
def test_a_run_that_is_only_planned_says_the_same_and_fills_nothing(acme: Acme) -> None:
    select = "--select", "raw/sales_orders"
    planned = acme("plan", *DAY, *select)

    assert planned.out.splitlines()[0] == "A run of 2024-01-01 would fill"
    assert acme("run", *DAY, *select, "--plan") == planned
    assert acme("plan", *DAY, *select) == planned


@pytest.mark.usefixtures("delivered")
def test_programs_read_one_document_and_people_one_summary(acme: Acme) -> None:
    select = "--select", "raw/sales_orders"
    document = json.loads(acme("plan", *DAY, *select, "--format", "json").out)
    summary = acme("plan", *DAY, *select, "--format", "markdown").out.splitlines()
    cells = acme("plan", *DAY, *select, "--format", "csv").out.splitlines()

    first = {"table": "raw.sales_orders", "days": "2024-01-01", "why": "new", "rows": None, "seconds": None}
    assert document["fill"][0] == first
    assert document.keys() == {"fill", "held", "older_sql", "edits"}
    assert summary[0] == "## A run of 2024-01-01 would fill"
    assert "| raw.sales_orders | 2024-01-01 | new |  |  |" in summary
    assert cells[:2] == ["table,days,why,rows,seconds,held", "raw.sales_orders,2024-01-01,new,,,no"]


@pytest.mark.usefixtures("delivered")
def test_what_each_of_several_days_lacks_is_said_once_of_all(acme: Acme) -> None:
    """Raw of both days is there, and staging of neither is asked for."""
    words = "--days", "2024-01-01..2024-01-02", "--select", "analytics/customer_orders"
    answer = acme("plan", *words).out

    assert answer.count("analytics.customer_orders of 2024-01-01..2024-01-02: waits: staging.sales_customers of") == 1
    assert "--days 2024-01-01..2024-01-02" in answer


@pytest.mark.usefixtures("servers_of_the_tests")
def test_nothing_to_fill_is_said(acme: Acme) -> None:
    answer = acme("plan", "--select", "group:sales")

    assert (answer.code, answer.out) == (0, "The platform by itself would fill nothing\n")


@pytest.mark.usefixtures("servers_of_the_tests")
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--days", "1999-12-31"], "before the first day"),
        (["--select", "sales_order"], "names no table"),
        (["--since", "no-such-commit"], "git knows no SQL files at 'no-such-commit'"),
    ],
)
def test_what_cannot_be_planned_is_refused_by_name(acme: Acme, words: list[str], says: str) -> None:
    answer = acme("plan", *words)

    assert (answer.code, answer.out) == (2, "")
    assert says in answer.err
    assert "next: " in answer.err
