"""The operations feed: a delivery company's order database, down to what is open and pending, in Redis."""

from acme_assets.table import Feed, extracted

FEED = Feed(
    name="operations",
    description="Orders of the operational database, read as they change.",
    owner="team:operations",
    tables=(
        extracted("operations_customers", source="operations.customers"),
        extracted("operations_products", source="operations.products"),
        extracted("operations_orders", source="operations.orders", changed_at="updated_at"),
        extracted("operations_order_items", source="operations.order_items", changed_at="updated_at"),
    ),
)
