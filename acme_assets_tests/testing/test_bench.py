"""A case holds or is shown where it does not, as one table; one that could not fail is none."""

from datetime import date
from pathlib import Path

import pytest

from acme_assets_tests.support import drawn
from acme_platform.errors import MendInput
from acme_platform.model.company import company
from acme_platform.registry import catalog
from acme_platform.schema.ddl import ensure
from acme_platform.testing import document
from acme_platform.testing.bench import Bench
from acme_platform.testing.document import Section, cases
from acme_platform.testing.drawing import read
from acme_platform.testing.given import insert
from acme_platform.warehouse.connection import rows

GIVEN = """
Given `analytics.customer_orders` on 2024-01-02

| customer_id | country | order_count | order_amount |
|-------------|---------|-------------|--------------|
| 1           | USA     | 2           | 15.50        |
| 2           | Norway  | 1           | 1            |
"""
CUSTOMERS = "\n## They hold\nGiven `staging.sales_customers` on 2024-01-01\n\n"


class Written:
    """A document beside `analytics.sales_by_country`, unless said otherwise."""

    def __init__(self, bench: Bench, folder: Path) -> None:
        self._bench, self._folder = bench, folder

    def failures(self, text: str, file: str = "analytics/sales_by_country") -> list[str]:
        path = self._folder / f"{file}.test.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return [self._bench.failure(case) for case in cases(path)]


@pytest.fixture
def written(workbench: Bench, tmp_path: Path) -> Written:
    return Written(workbench, tmp_path)


def test_only_drawn_columns_matter_and_values_are_compared_as_their_types(written: Written) -> None:
    """1 is 1.00; the order of rows says nothing, where the SQL does not say it."""
    text = f"{GIVEN}\nExpect\n\n| order_amount | country |\n|---|---|\n| 1 | Norway |\n| 15.5 | USA |\n"
    assert written.failures(text) == [""]


def test_a_difference_is_shown_as_one_table_with_the_changed_row_below_the_expected_one(written: Written) -> None:
    text = f"{GIVEN}\nExpect\n\n| country | order_amount |\n| Chad | 1 |\n| Norway | 2.00 |\n| USA | 15.50 |\n"
    (said,) = written.failures(text)
    assert said.splitlines() == [
        "sql/analytics/sales_by_country.test.md:9: expected (-) and found (+) differ",
        "  | country | order_amount |",
        "  |---------|--------------|",
        "- | Chad    | 1.00         |",
        "- | Norway  | 2.00         |",
        "+ | Norway  | 1.00         |",
        "  | USA     | 15.50        |",
    ]


def test_the_same_row_twice_is_not_the_same_as_once(written: Written) -> None:
    text = f"{GIVEN}\nExpect\n\n| country |\n| USA |\n| USA |\n| Norway |\n"
    (said,) = written.failures(text)
    assert said.splitlines()[-3:] == ["  | USA     |", "- | USA     |", "  | Norway  |"]


def test_the_order_counts_where_a_question_says_it(written: Written) -> None:
    given = GIVEN.replace("Norway", "USA   ")
    text = f"{given}\nExpect\n\n| customer_id |\n| 2 |\n| 1 |\n"
    (said,) = written.failures(text, "queries/country_spenders")
    assert "these rows come in another order" in said


def test_a_column_that_nobody_draws_is_empty_or_plain_where_it_must_not_be(written: Written) -> None:
    text = f"{CUSTOMERS}| customer_id |\n| 7 |\n\nExpect on 2024-01-01\n\n| customer_id | order_count |\n| 7 | 0 |\n"
    assert written.failures(text, "analytics/customer_orders") == [""]


def test_rows_are_of_the_day_that_is_given_whatever_their_table_calls_it(written: Written) -> None:
    text = (
        "## A\nGiven `analytics.agg_public_holiday` on 2024-01-02\n\n| tt_order_hol_jan |\n| 3 |\n"
        "\nExpect on 2024-01-02\n\n| tt_order_hol_jan |\n| 3 |\n\nExpect nothing on 2024-01-01\n"
    )
    assert written.failures(text, "queries/agg_public_holiday") == [""]


def test_given_versions_end_where_the_next_one_of_their_key_begins(written: Written) -> None:
    text = (
        "## A name is changed\nGiven `staging.sales_customers`\n\n| customer_id | day | customer_name |\n"
        "| 7 | 2024-01-01 | Ann |\n| 7 | 2024-01-03 | Anne |\n| 8 | 2024-01-02 | Bea |\n"
        "\nExpect on 2024-01-02\n\n| customer_name |\n| Ann |\n| Bea |\n\nExpect on 2024-01-03\n\n"
        "| customer_name |\n| Anne |\n| Bea |\n"
    )
    assert written.failures(text, "analytics/customer_orders") == [""]


def test_of_given_snapshots_a_key_that_the_next_one_lacks_is_gone(workbench: Bench) -> None:
    """Its rows are valid until the next day that is given."""
    table, where = catalog.table("staging.bookings_company"), "a.test.md:1"
    drawing = read(["| day | company_id |", "| 2024-01-01 | 1 |", "| 2024-01-01 | 2 |", "| 2024-01-03 | 1 |"])
    with workbench.warehouse.transaction("test") as cursor:
        ensure(cursor, table)
        insert(cursor, table, [(date(2024, 1, 1), Section(where, table.full_name, None, drawing))])
        found = rows(cursor, "select company_id, day, valid_to from staging.bookings_company")
        cursor.connection.rollback()
    drawn.expect(
        found,
        """
        company_id | day        | valid_to
        1          | 2024-01-01 | 2024-01-03
        2          | 2024-01-01 | 2024-01-03
        1          | 2024-01-03 |
        """,
    )


def test_a_row_that_its_table_would_not_take_is_told_as_postgresql_says_it(written: Written) -> None:
    """Rules and keys hold as in a run: what cannot be is not given."""
    text = f"{CUSTOMERS}| customer_id |\n| -7 |\n\nExpect nothing on 2024-01-01\n"
    (said,) = written.failures(text, "analytics/customer_orders")
    assert "PostgreSQL says: new row for relation" in said
    assert "next: mend the drawn rows, or sql/analytics/customer_orders.sql" in said


def test_a_case_leaves_nothing_to_the_next_one(written: Written) -> None:
    expect = "Expect on 2024-01-01\n\n| customer_id |\n| 7 |\n"
    text = f"{CUSTOMERS}| customer_id |\n| 7 |\n\n{expect}" * 2
    assert written.failures(text, "analytics/customer_orders") == ["", ""]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "Given analytics.customer_orders\n\n| country |\n| USA |\n\nExpect nothing",
            ":1: cannot read 'Given analytics",
        ),
        ("Given `analytics.customer_orders`\n\nExpect nothing", ":1: cannot read"),
        ("## A\nExpect nothing on 2024-01-01", ":1: of nothing the case expects nothing"),
        (f"{GIVEN}", "holds no case"),
        (f"## A\n{GIVEN}\n## B\n{GIVEN}\nExpect nothing", "the case 'A' expects nothing said"),
        (f"{GIVEN}\nExpect on 2024-01-32\n\n| country |\n| USA |", "'2024-01-32' is not a day"),
        (f"{GIVEN}\nExpect\n\n| country | order_amount |\n| USA |", ":12: 1 cells below 2 columns"),
        (f"{GIVEN}\nand then\n\n| country |\n| USA |\n\nExpect nothing", "below neither Given nor Expect"),
    ],
)
def test_a_document_that_cannot_be_read_is_refused_with_its_line(written: Written, text: str, why: str) -> None:
    with pytest.raises(MendInput, match=why):
        written.failures(text)


@pytest.mark.parametrize(
    ("text", "file", "why"),
    [
        (f"{GIVEN}\nExpect\n\n| land |\n| USA |", "analytics/sales_by_country", "there is no column land"),
        (f"{GIVEN.replace('country', 'land')}\nExpect\n\n| country |\n| USA |", "", "there is no column land"),
        (f"{CUSTOMERS}| customer_id |\n| 1 |\n\nExpect nothing", "", "does not read staging.sales_customers"),
        (f"{GIVEN}\nExpect `staging.sales_orders`\n\n| a |\n| 1 |", "", "fills no staging.sales_orders"),
        (f"{GIVEN}\nExpect with land = USA\n\n| customer_id |\n| 1 |", "queries/country_spenders", "no parameter land"),
        ("## A\nExpect on 2024-01-01\n\n| a |\n| 1 |", "raw/sales_orders", "holds what is delivered"),
        (f"{GIVEN.replace(' on 2024-01-02', '')}\nExpect\n\n| country |\n| USA |", "", "the case names no day"),
        (f"{GIVEN}\nExpect\n\n| order_amount |\n| much |", "", "invalid input syntax for type numeric"),
    ],
)
def test_what_a_case_names_must_be_there(written: Written, text: str, file: str, why: str) -> None:
    (said,) = written.failures(text, file or "analytics/sales_by_country")
    assert why in said


def test_every_document_lies_beside_a_sql_file() -> None:
    assert [
        path for path in document.paths() if not path.with_name(path.name.replace(".test.md", ".sql")).is_file()
    ] == []
    assert all(path.is_relative_to(company().sql) for path in document.paths())
