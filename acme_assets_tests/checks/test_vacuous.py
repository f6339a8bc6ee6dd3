"""A check that had nothing to compare says so, and has not passed; a day on which nothing came stops nobody."""

from datetime import UTC, datetime

import dagster as dg
import pytest
from dagster import DagsterEventType

from acme_assets_tests.support.days import SALES, deliver, deliver_customers, one, span
from acme_assets_tests.support.pipeline import FEED, Pipeline, day
from acme_assets_tests.support.shop import Shop
from acme_platform.checks.builtin import checks
from acme_platform.errors import BlockedByCheck
from acme_platform.ledger import check_results
from acme_platform.monitoring.problems import LATE, troubles
from acme_platform.registry import catalog
from acme_platform.runs import Runner


def uncompared(pipeline: Pipeline, full_name: str, number: int) -> set[str]:
    """Checks of the day that had nothing to compare."""
    return {name for name, verdict in pipeline.check(full_name, day(number)).items() if not verdict.compared}


@pytest.fixture
def sold(pipeline: Pipeline) -> Pipeline:
    """Customers and orders of day 1, nothing on day 2, only customers on day 3."""
    deliver(pipeline.services, 1)
    deliver_customers(pipeline.services, 3)
    pipeline.fill(day(1), day(2), day(3))
    return pipeline


@pytest.mark.few(2)
@pytest.mark.parametrize(
    ("table", "number", "names"),
    [
        ("raw.sales_orders", 1, set()),
        ("raw.sales_orders", 2, {"rows_accounted_for", "columns_as_declared"}),
        ("staging.sales_orders", 1, set()),
        (
            "staging.sales_orders",
            2,
            {"key_unique", "not_null", "rows_accounted_for", "sales_orders_not_from_the_future"},
        ),
        ("staging.sales_customers", 3, set()),
        (
            "staging.sales_orders",
            3,
            {"key_unique", "not_null", "rows_accounted_for", "sales_orders_not_from_the_future"},
        ),
        # answers of a day without a file are those of the day before, and are compared
        ("analytics.customer_orders", 2, set()),
        ("analytics.sales_by_country", 3, set()),
        ("cache.country", 3, set()),
    ],
)
def test_what_a_check_compares_is_rows_of_the_day_or_what_its_promise_reads(
    sold: Pipeline, table: str, number: int, names: set[str]
) -> None:
    assert uncompared(sold, table, number) == names


def test_before_anything_came_no_promise_has_passed(pipeline: Pipeline) -> None:
    """The shape of a table can be compared without a row, and that nothing was delivered is seen."""
    pipeline.fill(day(1))
    for table in FEED.tables:
        verdicts = pipeline.check(table.full_name, day(1))
        assert {name for name, verdict in verdicts.items() if verdict.passed} == {"schema_as_declared"}
        assert {name for name, verdict in verdicts.items() if verdict.is_broken} <= {"something_delivered"}


def test_an_answer_of_zeros_over_nothing_has_not_passed(shop: Shop) -> None:
    """Given a day of the shop without a file: one row that says 0 late shipments of 0."""
    shop.pipeline.fill(day(5), layers=("raw", "staging", "analytics"))

    assert "agg_shipments_and_the_rest_are_all" in uncompared(shop.pipeline, "analytics.agg_shipments", 5)


def test_what_demands_passed_checks_is_not_content_with_one_that_compared_nothing(shop: Shop) -> None:
    shop.pipeline.fill(day(5), layers=("raw", "staging", "analytics"))
    for name in catalog.table("export.shop").upstream:
        shop.pipeline.check(name, day(5))

    with pytest.raises(BlockedByCheck, match="had nothing to compare"):
        shop.pipeline.fill_table("export.shop", day(5))


@pytest.mark.few(2)
@pytest.mark.parametrize(
    ("table", "check"),
    [
        ("analytics.customer_orders", "customer_orders_sum_to_staged_orders"),
        ("analytics.sales_by_country", "sales_by_country_sums_to_customer_orders"),
        ("analytics.top_paying_customers", "top_paying_customers_are_the_top"),
        ("staging.sales_orders", "rows_accounted_for"),
    ],
)
def test_a_table_that_is_empty_while_the_other_is_not_is_broken_and_not_without_a_subject(
    sold: Pipeline, table: str, check: str
) -> None:
    assert sold.breaks(table, check, day(1), f"delete from {table}")  # noqa: S608  # ours


def test_customers_without_any_order_must_stand_in_the_answer(pipeline: Pipeline) -> None:
    deliver_customers(pipeline.services, 1)
    pipeline.fill(day(1))
    check, table = "customer_orders_sum_to_staged_orders", "analytics.customer_orders"
    assert pipeline.breaks(table, check, day(1), f"delete from {table}")  # noqa: S608  # ours


def test_a_promise_about_a_table_that_was_never_filled_compares_nothing(pipeline: Pipeline) -> None:
    """Not our bug: `acme run --select staging/shop_orders` alone."""
    feed = catalog.feed("shop")
    shop = Pipeline(pipeline.services, feed)
    for name in ("raw.shop_orders", "staging.shop_orders"):
        shop.fill_table(name, day(5))

    assert "shop_orders_of_unknown_customers" in uncompared(shop, "staging.shop_orders", 5)


# who is told


@pytest.mark.slow
def test_an_empty_day_stops_nobody_and_is_told_once_without_a_mail(runner: Runner) -> None:
    deliver(runner.services, 1)
    assert runner.run(runner.select(SALES), one(1)).success

    outcome = runner.run(runner.select(SALES), one(2))

    assert outcome.success
    assert {(table, check) for table, check, _ in outcome.uncompared} == {
        ("raw.sales_customers", "rows_accounted_for"),
        ("raw.sales_orders", "rows_accounted_for"),
        *(("staging.sales_customers", name) for name in ("key_unique", "not_null", "rows_accounted_for")),
        ("staging.sales_customers", "sales_customers_are_trimmed"),
        *(("staging.sales_orders", name) for name in ("key_unique", "not_null", "rows_accounted_for")),
    }
    with runner.services.open_warehouse().transaction("test") as cursor:
        assert check_results.without_subject(cursor, "staging.sales_customers", day(2)) == [
            "key_unique",
            "not_null",
            "rows_accounted_for",
            "sales_customers_are_trimmed",
        ]
        assert [
            trouble for trouble in troubles(cursor, runner.services, FEED, datetime.now(UTC)) if trouble.kind != LATE
        ] == []


@pytest.mark.slow
@pytest.mark.parametrize(("first", "passed"), [(2, False), (1, True)])
def test_dagster_hears_it_as_a_warning_that_names_the_days(runner: Runner, first: int, passed: bool) -> None:
    """Of a range that holds a day with rows the check has passed; which days it did not see is said all the same."""
    deliver(runner.services, 1)
    assert runner.run(runner.select(SALES), one(1)).success

    verdict = evaluation(runner, runner.run(runner.select(SALES), span(first, 2)).run_id, "not_null")

    assert verdict.passed is passed
    assert verdict.description == "nothing to compare on 2024-01-02"
    assert passed or verdict.severity == dg.AssetCheckSeverity.WARN


def evaluation(runner: Runner, run_id: str, check: str) -> dg.AssetCheckEvaluation:
    """Of the orders of staging."""
    records = runner.instance.get_records_for_run(run_id, of_type=DagsterEventType.ASSET_CHECK_EVALUATION).records
    events = [event for record in records if (event := record.event_log_entry.dagster_event)]
    (verdict,) = [
        event.asset_check_evaluation_data
        for event in events
        if event.asset_check_evaluation_data.check_name == check
        and event.asset_check_evaluation_data.asset_key == dg.AssetKey(["staging", "sales_orders"])
    ]
    return verdict


def test_every_check_says_whether_it_compares_rows_or_something_else() -> None:
    """What is compared without rows: the shape, whether anything came, what readings have told."""
    always = {
        promise_check.name
        for table in catalog.tables().values()
        for promise_check in checks(table)
        if promise_check.subject is None
    }
    assert always == {"schema_as_declared", "something_delivered", "cursor_sees_every_change"}
