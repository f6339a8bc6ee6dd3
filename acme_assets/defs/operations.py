"""The operations feed: a delivery company's order database, down to what is open and pending, in Redis."""

from acme_platform.model.table import Feed, Steady, analytics, cache, extracted, staging
from acme_platform.model.tolerance import Tolerance

FEED = Feed(
    name="operations",
    description="Orders of the operational database, read as they change.",
    owner="team:operations",
    source="finance",
    fresh=Steady(minutes=60),
    # A day of a database grows from its first row on, and nobody can deliver it again: a few unreadable rows in the
    # morning must not hold up the live answers.
    tolerance=Tolerance(few=20),
    tables=(
        extracted("operations_customers", source="operations.customers", created_at="created_at"),
        extracted("operations_products", source="operations.products", created_at="created_at"),
        extracted("operations_orders", source="operations.orders", changed_at="updated_at"),
        extracted("operations_order_items", source="operations.order_items", changed_at="updated_at"),
        staging("operations_customers", keep="snapshot", should=["operations_customers_exist_on_their_day"]),
        staging("operations_products", keep="snapshot", should=["operations_products_share_no_barcode"]),
        staging("operations_orders", keep="changes", should=["operations_statuses_are_known"]),
        staging("operations_order_items", keep="changes", should=["operations_items_change_after_they_came_to_be"]),
        analytics(
            "open_orders_agg",
            live=True,
            must=["open_orders_agg_sums_to_staged_orders"],
            should=["operations_open_orders_without_delivery_date"],
        ),
        analytics(
            "order_items_pending_agg",
            live=True,
            must=["order_items_pending_agg_sums_to_staged_items"],
            should=["operations_orders_without_items", "operations_items_without_orders"],
        ),
        analytics(
            "customer_pending_orders_agg",
            live=True,
            must=["customer_pending_orders_agg_sums_to_staged_orders"],
            should=["operations_pending_orders_without_customer"],
        ),
        analytics("top_dates", must=["top_dates_are_the_top"]),
        analytics("top_customers", must=["top_customers_are_the_top"]),
        cache("open_orders", keys="open_orders:*"),
        cache("top_dates", keys="top_dates"),
        cache("top_customers", keys="top_customers"),
    ),
)
