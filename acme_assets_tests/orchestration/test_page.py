"""The page of a day in Dagster: what was delivered, what became of it, what it looks like, and what it took."""

from decimal import Decimal
from typing import Any

import dagster as dg
import pytest

from acme_assets_tests.support.days import SALES, deliver_customers, settle
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.day import Days
from acme_platform.lake import LakeObject
from acme_platform.materialize.page import _common, _short
from acme_platform.model.run_options import RunOptions
from acme_platform.runs import Runner

ORDERS = """
order_id | customer_id | order_date | amount
1        | 1           | 2024-01-01 | 10.00
2        | 1           | 2024-01-01 | 2.50
3        | 1           | 2024-01-01 | a lot | of it
4        | 1           | 2024-13-01 | 1.00
"""


def page(runner: Runner, full_name: str) -> dict[str, Any]:
    """Of the newest materialization of day 1; a table as its lines."""
    wanted = dg.AssetRecordsFilter(asset_key=dg.AssetKey(full_name.split(".")), asset_partitions=[str(day(1))])
    (record,) = runner.instance.fetch_materializations(wanted, limit=1).records
    assert record.asset_materialization
    return {
        fact: said.value.splitlines() if isinstance(said, dg.MarkdownMetadataValue) else said.value
        for fact, said in record.asset_materialization.metadata.items()
    }


def deliver(pipeline: Pipeline) -> LakeObject:
    """Two good orders, one with a field too many, one of a month that there is not."""
    deliver_customers(pipeline.services, 1)
    key = settle(pipeline.services, pipeline.deliver("orders", day(1), ORDERS))
    file = pipeline.services.lake.stat(key)
    assert file
    return file


def fill(runner: Runner) -> str:
    """However much cannot be read."""
    return runner.run(runner.select(SALES), Days(day(1), day(1)), RunOptions(accepts_rejects=True)).run_id


def test_a_page_says_what_came_and_what_became_of_it(runner: Runner, pipeline: Pipeline) -> None:
    delivered = deliver(pipeline)
    fill(runner)

    raw, staging, answers = (
        page(runner, name) for name in ("raw.sales_orders", "staging.sales_orders", "analytics.sales_by_country")
    )

    assert (raw["rows_in"], raw["dagster/row_count"], raw["rows_quarantined"]) == (4, 3, 1)
    assert (staging["rows_in"], staging["dagster/row_count"], staging["rows_quarantined"]) == (3, 2, 1)
    assert raw["bytes"] == delivered.size
    assert raw["first_files"][2:] == [f"| {delivered.key} | 4 | {delivered.size} |"]
    assert raw["files_at"] == pipeline.services.lake.uri(delivered.key)
    assert "2024-13-01" in "".join(staging["first_rejects"])
    assert staging["first_rows"] == [
        "| order_id | day | valid_to | customer_id | order_date | amount |",
        "| --- | --- | --- | --- | --- | --- |",
        "| 1 | 2024-01-01 |  | 1 | 2024-01-01 | 10.00 |",
        "| 2 | 2024-01-01 |  | 1 | 2024-01-01 | 2.50 |",
    ]
    assert answers["rows_in"] == page(runner, "analytics.customer_orders")["dagster/row_count"]
    for facts in (raw, staging, answers):
        assert facts["seconds"] > 0
        assert facts["bytes"] > 0


def test_a_day_that_stands_keeps_its_page(runner: Runner, pipeline: Pipeline) -> None:
    deliver(pipeline)
    first = fill(runner)
    before = page(runner, "staging.sales_orders")
    fill(runner)

    assert page(runner, "staging.sales_orders") == before | {"unchanged_since_run": first}


def test_a_corrected_day_shows_no_rejects_of_the_file_before(runner: Runner, pipeline: Pipeline) -> None:
    """They stay in quarantine until staging took the new file, for the old one may have to come back."""
    deliver(pipeline)
    fill(runner)
    good = "\n".join(ORDERS.splitlines()[:4])
    settle(pipeline.services, pipeline.deliver("orders", day(1), good))
    fill(runner)

    raw, staging = page(runner, "raw.sales_orders"), page(runner, "staging.sales_orders")

    assert (raw["rows_in"], raw["rows_quarantined"], staging["rows_quarantined"]) == (2, 0, 0)
    assert "first_rejects" not in raw.keys() | staging.keys()


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, None), (True, True), (7, 7), (0.5, 0.5), (float("nan"), "nan"), (float("-inf"), "-inf"),
     (Decimal("1.50"), "1.50"), (day(1), "2024-01-01"), ("x" * 80, "x" * 80), ("x" * 81, "x" * 80 + "…")],
)  # fmt: skip
def test_every_value_is_shown_as_json_knows_it(value: object, shown: object) -> None:
    """What it does not know, such as a number that is none, would stop a day that is filled."""
    assert _short(value) == shown


@pytest.mark.parametrize(
    ("keys", "common"),
    [
        (["sales/orders/2024-01-01.csv"], "sales/orders/2024-01-01.csv"),
        (["sales/orders/2024-01-01/a.csv", "sales/orders/2024-01-01/ab.csv"], "sales/orders/2024-01-01/"),
        (["sales/orders/2024-01-01.csv", "sales/orders/2024-01-01/a.csv"], "sales/orders/"),
        (["orders_data/orders.csv", "shop/orders/2024-01-01.csv"], ""),
    ],
)
def test_the_address_of_files_is_that_of_the_one_or_of_the_folder_that_holds_all(keys: list[str], common: str) -> None:
    assert _common(keys) == common
