"""A feed on Spark is planned as any other, and its corrected answers tell what changed."""

from dataclasses import replace
from pathlib import Path

import pytest

from acme_assets_tests.differences.test_replacing import assert_few_are_written
from acme_assets_tests.support.days import deliver, deliver_orders
from acme_assets_tests.support.pipeline import FEED, Pipeline, day
from acme_platform.cli.making.profile import subject
from acme_platform.config.settings import Settings
from acme_platform.day import Days
from acme_platform.differences.asked import of_days, of_delivery
from acme_platform.differences.preview import Stage
from acme_platform.errors import UsageError
from acme_platform.model.engine import SPARK, all_on
from acme_platform.planning.asked import of_run
from acme_platform.registry import catalog
from acme_platform.services import Services

NAMES = tuple(table.full_name for table in FEED.tables)
ANSWERS = {"analytics.customer_orders", "analytics.sales_by_country", "analytics.top_paying_customers"}


@pytest.fixture
def on_spark(settings: Settings, engine_url: str, tmp_path: Path) -> Services:
    return Services(replace(settings, engine_url=engine_url, tables_url=(tmp_path / "tables").as_uri()))


def test_a_correction_is_planned_filled_and_told(on_spark: Services) -> None:
    """Ann's one order of 10.00 becomes one of 12.00."""
    pipeline = Pipeline(on_spark)
    with all_on(SPARK):
        deliver(on_spark, 1)
        assert of_run(on_spark, NAMES, Days(day(1), day(1))).days == {(name, day(1)) for name in NAMES}
        pipeline.fill(day(1))
        assert of_run(on_spark, NAMES, Days(day(1), day(1))).days == set()

        deliver_orders(on_spark, 1, amount="12.00")
        planned = of_run(on_spark, NAMES, Days(day(1), day(1)))
        pipeline.fill(day(1))

        with on_spark.open_warehouse().transaction("test") as cursor:
            told = of_delivery(cursor, catalog.table("analytics.customer_orders"), day(1)).difference

    corrected = {"raw.sales_orders", "staging.sales_orders", *ANSWERS, "cache.country"}
    assert planned.days == {(name, day(1)) for name in corrected}
    assert (told.added, told.removed, told.changed, dict(told.columns)) == (0, 0, 1, {"order_amount": 1})


@pytest.mark.slow
def test_of_a_corrected_day_only_answers_that_differ_are_written_again(on_spark: Services) -> None:
    with all_on(SPARK):
        assert_few_are_written(Pipeline(on_spark))


@pytest.mark.parametrize("table", ["raw.sales_orders", "staging.sales_orders"])
def test_rows_that_stand_in_the_lake_are_not_compared_and_their_answers_are_named(
    services: Services, table: str
) -> None:
    with (
        all_on(SPARK),
        services.open_warehouse().transaction("test") as cursor,
        pytest.raises(UsageError) as refused,
    ):
        of_days(cursor, catalog.table(table), day(1), day(2), 1)

    assert "acme diff analytics.customer_orders" in refused.value.next_step


def test_answers_of_spark_are_not_previewed_over_versions_that_postgresql_lacks(services: Services) -> None:
    with (
        all_on(SPARK),
        services.open_warehouse().transaction("test") as cursor,
        pytest.raises(UsageError, match="computed by Spark") as refused,
    ):
        list(Stage(cursor, 1).previews([catalog.table("analytics.customer_orders")], day(1)))

    assert refused.value.next_step.endswith("acme plan --select analytics/customer_orders+")


def test_rows_that_stand_in_the_lake_are_not_profiled_as_none(services: Services) -> None:
    with (
        all_on(SPARK),
        services.open_warehouse().transaction("test") as cursor,
        pytest.raises(UsageError, match=r"raw\.sales_orders stand in the lake"),
    ):
        subject(cursor, "raw.sales_orders", None)
