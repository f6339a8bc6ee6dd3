"""What is read was judged before, whoever built it."""

import pytest

from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.errors import BlockedByCheck

ORDERS = b"order_id,customer_id,order_date,amount\n1,1,2024-01-01,2.00\n"


def test_a_day_that_was_built_without_its_checks_is_judged_before_it_is_read(pipeline: Pipeline) -> None:
    """Given a row that raw lost and no check looked for: the table behind it stops, and the verdict stays."""
    pipeline.put("sales/orders/2024-01-01.csv", ORDERS)
    pipeline.fill_table("raw.sales_orders", day(1))
    pipeline.change("delete from raw.sales_orders")

    with pytest.raises(BlockedByCheck, match=r"rows_accounted_for is red on raw\.sales_orders of 2024-01-01"):
        pipeline.fill_table("staging.sales_orders", day(1))

    assert pipeline.ask(
        "select check_name from ledger.verdicts where table_name = 'raw.sales_orders' and broken_rows > 0"
    ) == [{"check_name": "rows_accounted_for"}]
