"""The catalog: feeds and tables by name, as a person may write it."""

import pytest

from acme_platform.errors import UsageError
from acme_platform.registry import catalog


def test_a_table_is_found_by_its_name_or_its_asset_key() -> None:
    assert catalog.table("staging.sales_orders") is catalog.table("staging/sales_orders")


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"there is no table 'staging\.slaes'") as unknown_table:
        catalog.table("staging.slaes")
    assert "staging.sales_orders" in unknown_table.value.next_step
    with pytest.raises(UsageError, match="there is no feed 'slaes'") as unknown_feed:
        catalog.feed("slaes")
    assert "sales" in unknown_feed.value.next_step


def test_every_feed_of_the_tree_can_be_loaded() -> None:
    """What becomes of one that cannot be stands in `test_broken_feed.py`."""
    assert catalog.broken() == {}


def test_what_is_delivered_and_what_follows_is_read_from_the_declarations() -> None:
    assert catalog.deliveries()["sales"] == ("customers", "orders")
    assert [table.full_name for table in catalog.downstream("analytics.customer_orders")] == [
        "analytics.sales_by_country", "analytics.top_paying_customers"
    ]  # fmt: skip
