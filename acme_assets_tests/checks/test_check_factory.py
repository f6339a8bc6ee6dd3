"""Checks: each is green on a good day and red when its promise is broken, and shows the rows that break it."""

import json
from collections.abc import Iterable

import pytest

from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.checks.builtin import checks
from acme_platform.checks.check import Check
from acme_platform.cursor import Cursor
from acme_platform.errors import BlockedByCheck
from acme_platform.ledger.check_results import MUST, SHOULD
from acme_platform.model.table import Table
from acme_platform.registry import catalog

CUSTOMERS = """
customer_id | customer_name | country
1           | Ann           | USA
2           | Ben           | USA
3           | Cleo          | Peru
4           | Dan           | Peru
"""
ORDERS = """
order_id | customer_id | order_date | amount
11       | 1           | 2024-01-01 | 1.00
12       | 2           | 2024-01-01 | 2.00
13       | 3           | 2024-01-01 | 3.00
14       | 4           | 2024-01-01 | 4.00
"""
LOOSE = "alter table {0} drop constraint {1}_pkey"


@pytest.fixture
def checked(pipeline: Pipeline) -> Pipeline:
    """A good day, all layers."""
    pipeline.deliver("customers", day(1), CUSTOMERS)
    pipeline.deliver("orders", day(1), ORDERS)
    pipeline.fill(day(1))
    return pipeline


def test_a_good_day_is_green_everywhere(checked: Pipeline) -> None:
    tables = [table.full_name for table in catalog.feed("sales").tables]
    assert {name: checked.red(name, day(1)) for name in tables} == {name: set() for name in tables}


@pytest.mark.few(2)
@pytest.mark.parametrize(
    ("table", "statements", "check", "sample"),
    [
        pytest.param(
            "raw.sales_orders",
            ["delete from raw.sales_orders where order_id = '12'"],
            "rows_accounted_for",
            [{"file": "sales/orders/2024-01-01.csv", "rows_in": 4, "rows_kept": 3, "rows_broken": 0}],
            id="a row of raw got lost",
        ),
        pytest.param(
            "raw.sales_orders",
            ["update raw.sales_orders set extra = '{\"colour\": \"red\"}' where order_id in ('12', '13')"],
            "columns_as_declared",
            [{"file": "sales/orders/2024-01-01.csv", "undeclared": "colour"}],
            id="an undeclared column",
        ),
        pytest.param(
            "staging.sales_orders",
            ["alter table staging.sales_orders alter amount type numeric, add x int"],
            "schema_as_declared",
            [
                {"column": "amount", "declared": "numeric(14,2)", "found": "numeric"},
                {"column": "x", "declared": None, "found": "integer"},
            ],
            id="columns changed by hand",
        ),
        pytest.param(
            "staging.sales_orders",
            [
                LOOSE.format("staging.sales_orders", "sales_orders"),
                "insert into staging.sales_orders select * from staging.sales_orders where order_id = 12",
            ],
            "key_unique",
            [{"order_id": 12, "day": "2024-01-01", "rows": 2}],
            id="a key twice",
        ),
        pytest.param(
            "staging.sales_orders",
            [
                LOOSE.format("staging.sales_orders", "sales_orders"),
                "insert into staging.sales_orders values (12, '2024-01-01', null, 4, '2024-01-01', 2.00)",
                "alter table staging.sales_orders add primary key (order_id, day, customer_id)",
            ],
            "key_unique",
            [{"order_id": 12, "day": "2024-01-01", "rows": 2}],
            id="a key twice below a wider primary key",
        ),
        pytest.param(
            "analytics.customer_orders",
            [
                "alter table analytics.customer_orders alter country drop not null",
                "update analytics.customer_orders set country = null where customer_id = 3",
                "alter table analytics.customer_orders add constraint filled not null country not valid",
            ],
            "not_null",
            [{"day": "2024-01-01", "customer_id": 3, "customer_name": "Cleo", "country": None,
              "order_count": 1, "order_amount": 3.00}],
            id="an empty country from before a constraint",
        ),
        pytest.param(
            "analytics.customer_orders",
            [
                "alter table analytics.customer_orders alter country drop not null",
                "update analytics.customer_orders set country = null where customer_id = 3",
            ],
            "not_null",
            [{"day": "2024-01-01", "customer_id": 3, "customer_name": "Cleo", "country": None,
              "order_count": 1, "order_amount": 3.00}],
            id="an empty country",
        ),
        pytest.param(
            "staging.sales_orders",
            ["delete from staging.sales_orders where order_id = 12"],
            "rows_accounted_for",
            [{"rows_in": 4, "rows_kept": 3, "rows_quarantined": 0, "ledger_rows_kept": 4}],
            id="a row of staging got lost",
        ),
        pytest.param(
            "staging.sales_orders",
            ["update ledger.deliveries set rows_kept = 5 where table_name = 'raw.sales_orders'"],
            "rows_accounted_for",
            [{"rows_in": 4, "rows_kept": 4, "rows_quarantined": 0, "ledger_rows_kept": 5}],
            id="the ledger says otherwise",
        ),
        pytest.param(
            "staging.sales_customers",
            ["update staging.sales_customers set country = 'Peru ' where customer_id = 1"],
            "sales_customers_are_trimmed",
            [{"customer_id": 1, "customer_name": "Ann", "country": "Peru "}],
            id="a padded country",
        ),
        pytest.param(
            "staging.sales_orders",
            ["update staging.sales_orders set order_date = '2024-01-02' where order_id = 12"],
            "sales_orders_not_from_the_future",
            [{"order_id": 12, "order_date": "2024-01-02"}],
            id="an order of tomorrow",
        ),
        pytest.param(
            "analytics.customer_orders",
            ["update staging.sales_orders set customer_id = 9 where order_id = 12"],
            "sales_orders_of_unknown_customers",
            [{"order_id": 12, "customer_id": 9, "amount": 2.00}],
            id="an order of nobody",
        ),
        pytest.param(
            "analytics.customer_orders",
            ["update analytics.customer_orders set order_count = 2, order_amount = 4.00 where customer_id = 2"],
            "customer_orders_sum_to_staged_orders",
            [{"order_count": 5, "staged_order_count": 4, "order_amount": 12.00, "staged_order_amount": 10.00}],
            id="an order counted twice",
        ),
        pytest.param(
            "analytics.sales_by_country",
            ["delete from analytics.sales_by_country where country = 'Peru'"],
            "sales_by_country_sums_to_customer_orders",
            [{"customers": 2, "expected_customers": 4, "order_amount": 3.00, "expected_order_amount": 10.00}],
            id="a country got lost",
        ),
        pytest.param(
            "analytics.sales_by_country",
            ["update analytics.sales_by_country set users_counts = 1 where country = 'Peru'"],
            "sales_by_country_sums_to_customer_orders",
            [{"customers": 4, "expected_customers": 4, "order_amount": 10.00, "expected_order_amount": 10.00}],
            id="a buyer not counted",
        ),
        pytest.param(
            "analytics.top_paying_customers",
            ["delete from analytics.top_paying_customers where place = 2"],
            "top_paying_customers_are_the_top",
            [
                {"wrong": "paid enough and is not listed", "customer_id": 1, "order_amount": 1.00},
                {"wrong": "paid enough and is not listed", "customer_id": 3, "order_amount": 3.00},
            ],
            id="a hole in the list",
        ),
        pytest.param(
            "analytics.top_paying_customers",
            ["update analytics.top_paying_customers set customer_id = 1, order_amount = 1.00 where place = 3"],
            "top_paying_customers_are_the_top",
            [{"wrong": "paid enough and is not listed", "customer_id": 2, "order_amount": 2.00}],
            id="somebody who paid less",
        ),
        pytest.param(
            "analytics.top_paying_customers",
            ["update analytics.top_paying_customers set order_amount = 9.00 where place = 1"],
            "top_paying_customers_are_the_top",
            [{"wrong": "did not pay this", "customer_id": 4, "order_amount": 9.00}],
            id="an amount nobody paid",
        ),
    ],
)  # fmt: skip
def test_a_broken_promise_turns_its_check_red_and_shows_the_rows(
    checked: Pipeline, table: str, statements: Iterable[str], check: str, sample: list[dict[str, object]]
) -> None:
    checked.change(*statements)
    verdict = checked.check(table, day(1))[check]
    assert not verdict.passed
    assert verdict.broken_rows == len(sample)
    assert all(row in verdict.sample for row in sample)
    shown = checked.ask(
        "select sample from ledger.verdicts where broken_rows > 0 and check_name = %(check)s", {"check": check}
    )
    assert [row["sample"] for row in shown] == [json.loads(json.dumps(verdict.sample, default=str))]


@pytest.mark.parametrize("promise", ["key_unique", "not_null"])
def test_what_a_constraint_enforces_is_known_without_reading_the_table(checked: Pipeline, promise: str) -> None:
    """But for a row, to see whether there is any; without the constraint the table is read."""
    orders = catalog.table("staging.sales_orders")
    (check,) = [promise_check for promise_check in checks(orders) if promise_check.name == promise]
    with checked.services.open_warehouse().transaction("test") as cursor:
        assert _scans(cursor, check, orders) == 1
        cursor.execute(LOOSE.format("staging.sales_orders", "sales_orders"))
        cursor.execute("alter table staging.sales_orders alter amount drop not null")
        assert _scans(cursor, check, orders) == 2
        cursor.connection.rollback()


def _scans(cursor: Cursor, check: Check, table: Table) -> int:
    """How often the check, which passes, read the table."""
    before = _counted(cursor, table)
    assert check.on(cursor, table, day(1)).passed
    return _counted(cursor, table) - before


def _counted(cursor: Cursor, table: Table) -> int:
    cursor.execute(
        "select seq_scan + coalesce(idx_scan, 0) from pg_stat_xact_user_tables where relid = %s::regclass",
        (table.full_name,),
    )
    (count,) = cursor.fetchone() or (0,)
    return int(count)


def test_a_day_without_delivery_is_a_warning(checked: Pipeline) -> None:
    checked.fill(day(2))
    verdicts = checked.check("raw.sales_orders", day(2))
    assert [verdict.check for verdict in verdicts.values() if verdict.is_broken] == ["something_delivered"]
    assert verdicts["something_delivered"].severity == SHOULD


def test_no_more_than_five_broken_rows_are_shown_and_all_are_counted(checked: Pipeline) -> None:
    lines = "".join(f"\n{number} | 1 | 2024-01-03 | 1.00" for number in range(21, 41))
    checked.deliver("orders", day(2), f"order_id | customer_id | order_date | amount{lines}")
    checked.fill(day(2), layers=("raw", "staging"))
    verdict = checked.check("staging.sales_orders", day(2))["sales_orders_not_from_the_future"]
    assert (verdict.broken_rows, len(verdict.sample)) == (20, 5)


@pytest.mark.parametrize("table", catalog.tables().values(), ids=lambda table: table.full_name)
def test_every_table_has_its_standing_checks(table: Table) -> None:
    built_in = {
        "raw": {"schema_as_declared", "rows_accounted_for", "columns_as_declared", "something_delivered"},
        "staging": {"schema_as_declared", "key_unique", "not_null", "rows_accounted_for"},
    }.get(table.layer.name, {"schema_as_declared", "key_unique", "not_null"})
    assert built_in <= {promise_check.name for promise_check in checks(table)}


def test_every_table_that_we_compute_has_a_promise_of_its_own() -> None:
    """Of raw the counts of its files are one, of a cache and an export that they equal their tables."""
    computed = [table for table in catalog.tables().values() if table.layer.name in ("staging", "analytics")]
    assert [table.full_name for table in computed if not (table.must or table.should)] == []


def test_every_table_of_a_feed_has_its_standing_checks_and_its_promises() -> None:
    """`must` stops what follows, `should` warns."""
    found = {
        table.full_name: {(promise_check.name, promise_check.severity) for promise_check in checks(table)}
        for table in catalog.feed("sales").tables
    }
    shape = {("schema_as_declared", MUST), ("key_unique", MUST), ("not_null", MUST)}
    delivered = {
        ("schema_as_declared", MUST), ("rows_accounted_for", MUST),
        ("columns_as_declared", SHOULD), ("something_delivered", SHOULD),
    }  # fmt: skip
    accounted = shape | {("rows_accounted_for", MUST)}
    expected = {
        "raw.sales_customers": delivered,
        "raw.sales_orders": delivered,
        "staging.sales_customers": accounted | {("sales_customers_are_trimmed", MUST)},
        "staging.sales_orders": accounted | {("sales_orders_not_from_the_future", SHOULD)},
        "analytics.customer_orders": shape
        | {("customer_orders_sum_to_staged_orders", MUST), ("sales_orders_of_unknown_customers", SHOULD)},
        "analytics.sales_by_country": shape | {("sales_by_country_sums_to_customer_orders", MUST)},
        "analytics.top_paying_customers": shape | {("top_paying_customers_are_the_top", MUST)},
        "cache.country": shape,
    }
    assert {name: found[name] for name in expected} == expected


def test_a_red_must_blocks_every_later_day_that_reads_it_until_it_is_mended(checked: Pipeline) -> None:
    """Also in another run: the verdict stands in the ledger. A table that reads one day only is blocked that day."""
    for number in (2, 3, 4):
        checked.fill(day(number))
    checked.change("update staging.sales_orders set day = '2024-01-03' where order_id = 12")
    assert checked.red("staging.sales_orders", day(3)) == {"rows_accounted_for"}
    checked.fill_table("analytics.customer_orders", day(2))
    for blocked in (3, 4):
        with pytest.raises(BlockedByCheck) as refused:
            checked.fill_table("analytics.customer_orders", day(blocked))
        assert f"analytics.customer_orders of 2024-01-0{blocked} waits" in refused.value.message
        assert "rows_accounted_for is red on staging.sales_orders of 2024-01-03" in refused.value.message
        assert "acme run --select staging/sales_orders --days 2024-01-03" in refused.value.next_step
    checked.fill_table("analytics.sales_by_country", day(4))

    checked.fill_table("staging.sales_orders", day(3))
    checked.fill_table("staging.sales_orders", day(1))
    assert checked.red("staging.sales_orders", day(3)) == set()
    checked.fill_table("analytics.customer_orders", day(4))
    checked.expect("analytics.customer_orders where day = '2024-01-04' and customer_id = 2", "order_amount\n2.00")


def test_a_red_should_blocks_nothing(checked: Pipeline) -> None:
    checked.deliver("orders", day(2), "order_id | customer_id | order_date | amount\n15 | 1 | 2024-01-05 | 1.00")
    checked.fill(day(2), layers=("raw", "staging"))
    assert checked.red("staging.sales_orders", day(2)) == {"sales_orders_not_from_the_future"}
    checked.fill_table("analytics.customer_orders", day(2))


def test_a_red_answer_keeps_redis_as_it_was(checked: Pipeline) -> None:
    checked.deliver("orders", day(2), "order_id | customer_id | order_date | amount\n15 | 1 | 2024-01-02 | 1.00")
    before = checked.hashes()
    checked.fill(day(2), layers=("raw", "staging", "analytics"))
    checked.change("delete from analytics.sales_by_country where day = '2024-01-02' and country = 'Peru'")
    assert checked.red("analytics.sales_by_country", day(2)) == {"sales_by_country_sums_to_customer_orders"}
    with pytest.raises(BlockedByCheck):
        checked.fill(day(2), layers=("cache",))
    assert checked.hashes() == before
