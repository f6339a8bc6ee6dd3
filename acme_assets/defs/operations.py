"""The operations feed: a delivery company's order database, down to what is open and pending, in Redis."""

from acme_assets.table import Feed, extracted, staging

FEED = Feed(
    name="operations",
    description="Orders of the operational database, read as they change.",
    owner="team:operations",
    tables=(
        extracted("operations_customers", source="operations.customers"),
        extracted("operations_products", source="operations.products"),
        extracted("operations_orders", source="operations.orders", changed_at="updated_at"),
        extracted("operations_order_items", source="operations.order_items", changed_at="updated_at"),
        staging("operations_customers", keep="snapshot"),
        staging("operations_products", keep="snapshot"),
        staging("operations_orders", keep="changes"),
        staging("operations_order_items", keep="changes"),
    ),
)
