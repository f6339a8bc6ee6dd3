"""Declared checks: relationships and accepted values find the rows that break them, as of the day."""

from collections.abc import Iterator

import pytest

from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.checks import declared
from acme_platform.cursor import Cursor
from acme_platform.ledger.check_results import MUST, SHOULD, Verdict
from acme_platform.model.declared import Declared, accepted_values, check_name, relationships
from acme_platform.registry import catalog
from acme_platform.schema.ddl import ensure

ORDERS, CUSTOMERS, ADDRESSES = "staging.shop_orders", "staging.shop_dim_customers", "staging.shop_dim_addresses"
OF_CUSTOMERS = relationships("customer_id", f"{CUSTOMERS}.customer_id")
OF_ADDRESSES = relationships("postal_code", f"{ADDRESSES}.postal_code")


@pytest.fixture
def staged(pipeline: Pipeline) -> Iterator[Cursor]:
    """The shop's empty tables of staging."""
    with pipeline.services.open_warehouse().transaction("test") as cursor:
        for full_name in (ORDERS, CUSTOMERS, ADDRESSES):
            ensure(cursor, catalog.table(full_name))
        yield cursor
        cursor.connection.rollback()


def place(cursor: Cursor, order: int, first: int, end: int | None, customer: int) -> None:
    """A version of an order, valid from its first day until its end."""
    cursor.execute(
        "insert into staging.shop_orders values (%s, %s, %s, %s, '2024-01-01', 1, 1.00, 1, 1.00)",
        (order, day(first), end and day(end), customer),
    )


def know(cursor: Cursor, customer: int, first: int, end: int | None, postal_code: str | None = None) -> None:
    cursor.execute(
        "insert into staging.shop_dim_customers values (%s, %s, %s, 'Ann', %s)",
        (customer, day(first), end and day(end), postal_code),
    )


def locate(cursor: Cursor, postal_code: str) -> None:
    cursor.execute("insert into staging.shop_dim_addresses values (%s, %s)", (postal_code, day(1)))


def verdict(cursor: Cursor, table: str, word: Declared, number: int) -> Verdict:
    of = catalog.table(table)
    return declared.check(of, SHOULD, word).on(cursor, of, day(number))


@pytest.mark.parametrize(
    ("number", "broken"),
    [
        (1, [{"order_id": 12, "customer_id": 2}]),  # customer 2 comes a day later
        (2, []),
        (3, [{"order_id": 11, "customer_id": 1}]),  # customer 1 has gone
        (4, []),  # and the order with it
    ],
)
def test_a_relationship_compares_both_tables_as_of_the_day(
    staged: Cursor, number: int, broken: list[dict[str, int]]
) -> None:
    know(staged, 1, first=1, end=3)
    know(staged, 2, first=2, end=None)
    place(staged, 11, first=1, end=4, customer=1)
    place(staged, 12, first=1, end=None, customer=2)

    assert verdict(staged, ORDERS, OF_CUSTOMERS, number).sample == broken


def test_a_relationship_of_another_table_finds_what_its_own_line_would(staged: Cursor) -> None:
    """For an answer whose readers are to see that rows are lacking."""
    know(staged, 1, first=1, end=None)
    place(staged, 11, first=1, end=None, customer=2)
    of_answer = relationships(f"{ORDERS}.customer_id", f"{CUSTOMERS}.customer_id")

    verdict_of_day = verdict(staged, "analytics.agg_shipments", of_answer, 1)

    assert (verdict_of_day.table_name, verdict_of_day.sample) == (
        "analytics.agg_shipments",
        [{"order_id": 11, "customer_id": 2}],
    )


def test_an_empty_column_leads_nowhere_and_breaks_only_where_it_is_required(staged: Cursor) -> None:
    locate(staged, "00108")
    know(staged, 1, first=1, end=None, postal_code=None)
    know(staged, 2, first=1, end=None, postal_code="00108")
    required = relationships("postal_code", f"{ADDRESSES}.postal_code", required=True)

    assert verdict(staged, CUSTOMERS, OF_ADDRESSES, 1).passed
    assert verdict(staged, CUSTOMERS, required, 1).sample == [{"customer_id": 1, "postal_code": None}]


def test_a_relationship_to_nothing_compares_nothing_unless_a_row_leads_there(staged: Cursor) -> None:
    know(staged, 1, first=2, end=None, postal_code=None)
    know(staged, 2, first=3, end=None, postal_code="00108")

    assert [verdict(staged, CUSTOMERS, OF_ADDRESSES, number).compared for number in (1, 2, 3)] == [False, False, True]


def test_a_value_is_judged_on_its_day_by_every_letter_and_an_empty_one_says_nothing(staged: Cursor) -> None:
    accepted = accepted_values("postal_code", "it's", "100%", "a")
    for customer, spelling in enumerate(("it's", "100%", "a", None, "A", "a "), start=1):
        know(staged, customer, first=2, end=None, postal_code=spelling)

    verdicts = {number: verdict(staged, CUSTOMERS, accepted, number) for number in (1, 2, 3)}

    assert verdicts[2].sample == [{"customer_id": 5, "postal_code": "A"}, {"customer_id": 6, "postal_code": "a "}]
    assert [(verdicts[number].broken_rows, verdicts[number].compared) for number in (1, 3)] == [(0, False), (0, False)]


def test_a_check_is_named_by_its_column_unless_its_line_names_it() -> None:
    assert check_name(OF_CUSTOMERS, ORDERS) == "shop_orders_customer_id_is_known"
    assert check_name(relationships("a", "b.c.d", name="as_before"), ORDERS) == "as_before"


def test_a_declared_check_says_what_it_promises_and_stops_only_where_it_must() -> None:
    why = "One that is not is in no answer."
    shipped = relationships("customer_id", f"{CUSTOMERS}.customer_id", why=why)
    check = declared.check(catalog.table(ORDERS), MUST, shipped)

    assert (check.severity, check.reads) == (MUST, (CUSTOMERS,))
    assert check.meaning == (
        "Each customer_id of staging.shop_orders as of the day is found in staging.shop_dim_customers.customer_id"
        f" as of the day. {why}"
    )
