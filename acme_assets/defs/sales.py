"""The sales feed: customers and orders as CSV files, down to what each country spent, in Redis."""

from acme_platform.model.table import Feed, Rhythm, analytics, cache, raw, staging

FEED = Feed(
    name="sales",
    description="Customers and orders, delivered as CSV files.",
    owner="team:sales",
    rhythms=(Rhythm("every_minute", "* * * * *", table="cache.country"),),
    tables=(
        raw("sales_customers", delivered="customers"),
        raw("sales_orders", delivered="orders"),
        staging("sales_customers", must=["sales_customers_are_trimmed"]),
        staging("sales_orders", should=["sales_orders_not_from_the_future"]),
        analytics(
            "customer_orders",
            must=["customer_orders_sum_to_staged_orders"],
            should=["sales_orders_of_unknown_customers"],
        ),
        analytics("sales_by_country", must=["sales_by_country_sums_to_customer_orders"]),
        analytics("top_paying_customers", must=["top_paying_customers_are_the_top"]),
        cache("country", keys="country:*"),
    ),
)
