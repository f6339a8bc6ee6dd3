"""The controls of the tests that kill and race: each invariant is seen when it is broken."""

import pytest

from acme_assets_tests.support.invariants import DAYS, violations
from acme_assets_tests.support.pipeline import Pipeline, day


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("harm", "seen"),
    [
        ("delete from raw.sales_orders where row_number = 1", "raw.sales_orders of 2024-01-01 is not as in the ledger"),
        ("update ledger.deliveries set rows_in = 3", "raw.sales_orders of 2024-01-01 is not as in the ledger"),
        ("update ledger.deliveries set file = 'one name'", "one name is visible twice"),
        ("delete from staging.sales_orders where order_id = 1", "staging.sales_orders of 2024-01-01 has 1 rows, not 2"),
        ("update staging.sales_orders set valid_to = '2024-01-02'", "staging.sales_orders has a torn chain"),
        ("update analytics.sales_by_country set users_counts = 9", "redis holds half a state"),
    ],
)
def test_the_invariants_can_be_broken(pipeline: Pipeline, harm: str, seen: str) -> None:
    pipeline.deliver("customers", day(1), "customer_id | customer_name | country\n1 | Ann | USA")
    pipeline.deliver("orders", day(1), "order_id|customer_id|order_date|amount\n1|1|2024-01-01|1\n2|1|2024-01-01|1")
    pipeline.fill(*DAYS)
    assert violations(pipeline) == []
    pipeline.change(harm)
    pipeline.services.open_redis().hset("country:USA", "users_counts", "7" if "users_counts" in harm else "1")
    assert seen in violations(pipeline)
