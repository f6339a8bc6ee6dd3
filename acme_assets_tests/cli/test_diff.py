"""`acme diff`: which rows of a table differ, as people, spreadsheets and programs read it."""

import csv
import io
import json
from collections.abc import Iterator

import pytest

from acme_assets_tests.support.changing import edited
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.config.settings import Settings
from acme_platform.services import Services

from .conftest import Acme

CUSTOMERS = "customer_id,customer_name,country\n1,Ann,Norway\n{}"


@pytest.fixture
def corrected(servers_of_the_tests: None) -> Iterator[None]:  # noqa: ARG001 (sets the environment)
    """Ann on 1 January; Ann and Ben on the 2nd, whose correction moves Ann to Peru."""
    services = Services(Settings.from_env())
    pipeline = Pipeline(services)
    ben = "2,Ben,Peru\n"
    for number, content in ((1, CUSTOMERS.format("")), (2, CUSTOMERS.format(ben))):
        pipeline.deliver("customers", day(number), content.encode())
        pipeline.fill(day(number), layers=("raw", "staging"))
    pipeline.deliver("customers", day(2), CUSTOMERS.format(ben).replace("Norway", "Peru").encode())
    pipeline.fill(day(2), layers=("raw", "staging"))
    yield
    services.open_warehouse().close()
    services.open_redis().close()


@pytest.mark.usefixtures("corrected")
def test_two_days_are_counted_and_shown_row_by_row(acme: Acme) -> None:
    answer = acme("diff", "staging/sales_customers", "2024-01-01", "2024-01-02")

    assert answer.code == 0
    title, counted, *lines = answer.out.splitlines()
    assert title == "staging.sales_customers: 2024-01-01 against 2024-01-02"
    assert counted == "  1 row added, 0 removed, 1 changed"
    assert [line.split() for line in lines[:2]] == [["column", "rows", "changed"], ["country", "1"]]
    assert lines[-2].split() == ["+", "customer_id", "2", "customer_name", "Ben,", "country", "Peru"]
    assert lines[-1].split() == ["~", "customer_id", "1", "country", "Norway", "→", "Peru"]
    assert max(map(len, lines)) < 80  # columns of a terminal


@pytest.mark.usefixtures("corrected")
def test_a_correction_names_its_day_and_run(acme: Acme) -> None:
    answer = acme("diff", "staging.sales_customers", "--delivery")

    assert answer.out.startswith("staging.sales_customers: 2024-01-02 before and after its correction of ")
    assert "0 rows added, 0 removed, 1 changed" in answer.out


@pytest.mark.usefixtures("corrected")
def test_programs_read_it_as_one_document_and_spreadsheets_as_a_line_a_cell(acme: Acme) -> None:
    words = "diff", "staging.sales_customers", "--delivery", "2024-01-02", "--format"
    document = json.loads(acme(*words, "json").out)
    cells = list(csv.DictReader(io.StringIO(acme(*words, "csv").out)))

    assert (document["rows_added"], document["rows_removed"], document["rows_changed"]) == (0, 0, 1)
    assert document["columns_changed"] == {"country": 1}
    assert document["sample"][0]["key"] == {"customer_id": 1}
    assert cells == [{"row": "changed", "customer_id": "1", "column": "country", "before": "Norway", "after": "Peru"}]


@pytest.mark.usefixtures("corrected")
def test_days_that_do_not_differ_are_said_to(acme: Acme) -> None:
    """The 3rd brings what stood as of the 2nd."""
    pipeline = Pipeline(Services(Settings.from_env()))
    pipeline.deliver("customers", day(3), b"customer_id,customer_name,country\n2,Ben,Peru\n")
    pipeline.fill(day(3), layers=("raw", "staging"))

    answer = acme("diff", "staging.sales_customers", "2024-01-02", "2024-01-03")
    assert answer.out.splitlines()[1:] == ["  0 rows added, 0 removed, 0 changed"]


@pytest.fixture
def answered(servers_of_the_tests: None) -> Iterator[None]:  # noqa: ARG001 (sets the environment)
    """Ann's orders of 10 and 5 as of 1 January."""
    services = Services(Settings.from_env())
    pipeline = Pipeline(services)
    pipeline.deliver("customers", day(1), CUSTOMERS.format("").encode())
    orders = b"order_id,customer_id,order_date,amount\n11,1,2024-01-01,10.00\n12,1,2024-01-01,5.00\n"
    pipeline.deliver("orders", day(1), orders)
    pipeline.fill(day(1), layers=("raw", "staging", "analytics"))
    yield
    services.open_warehouse().close()


@pytest.mark.usefixtures("answered")
def test_a_preview_of_a_table_is_what_acme_preview_says_of_it(acme: Acme) -> None:
    """Orders of less than six no longer count: of 15 are left 10."""
    with edited("analytics.customer_orders", ("sum(amount)", "sum(amount) filter (where amount >= 6)")):
        answer = acme("diff", "analytics.customer_orders", "2024-01-01", "--preview")
        newest = acme("diff", "analytics.customer_orders", "--preview", "--format", "json")
        said = acme("preview", "analytics.customer_orders")
        documents = acme("preview", "analytics.customer_orders", "--json")

    assert answer.out.splitlines()[:2] == [
        "analytics.customer_orders of 2024-01-01: what stands against its SQL now",
        "  0 rows added, 0 removed, 1 changed",
    ]
    assert "order_amount 15.00 → 10.00" in answer.out
    assert answer.out.split() == said.out.split()
    assert [json.loads(newest.out)] == json.loads(documents.out)


@pytest.mark.usefixtures("servers_of_the_tests")
@pytest.mark.parametrize(
    ("words", "says", "next_step"),
    [
        (
            ["staging.sales_order", "2024-01-01", "2024-01-02"],
            "no table 'staging.sales_order'",
            "did you mean staging.sales_orders",
        ),
        (["staging.sales_orders"], "no days are named", "acme diff staging.sales_orders DAY DAY"),
        (["staging.sales_orders", "2024-01-01"], "1 day is named", "--delivery"),
        (["staging.sales_orders", "2024-01-01", "2024-01-02", "--delivery"], "2 days are named", "--delivery [DAY]"),
        (["staging.sales_orders", "2024-01-01", "2024-01-02"], "2024-01-01 was never filled", "acme run"),
        (["staging.sales_orders", "2024-01-01", "soon"], "'soon' is not a day", ""),
        (["staging.operations_orders", "--delivery"], "keeps every change", "acme diff"),
        (["analytics.customer_orders", "--delivery", "--preview"], "ask for two things", "--preview [DAY]"),
        (["analytics.customer_orders", "2024-01-01", "2024-01-02", "--preview"], "2 days are named", "--preview [DAY]"),
        (["staging.sales_orders", "--preview"], "is no answer", "acme plan"),
        (["raw.sales_orders", "--delivery"], "no key", "acme diff staging.sales_orders"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_the_next_command(
    acme: Acme, words: list[str], says: str, next_step: str
) -> None:
    answer = acme("diff", *words)

    assert (answer.code, answer.out) == (2, "")
    assert says in answer.err
    assert next_step in answer.err
