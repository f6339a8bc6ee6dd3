"""The shop feed: orders, reviews and shipments, overwritten in the lake each day, down to three aggregates."""

from acme_platform.model.declared import relationships
from acme_platform.model.table import Daily, Feed, analytics, cache, export, raw, staging

#: the answers are made of three files, which must be snapshots of one day
ONE_DAY = "shop_snapshots_are_of_one_day"

FEED = Feed(
    name="shop",
    description="The online shop: daily full snapshots of orders, reviews, shipments and four dimensions.",
    owner="team:shop",
    fresh=Daily(by_hour=9),
    tables=(
        raw("shop_orders", delivered="orders", object="orders_data/orders.csv", awaited=True),
        raw("shop_reviews", delivered="reviews", object="orders_data/reviews.csv", awaited=True),
        raw(
            "shop_shipments",
            delivered="shipment_deliveries",
            object="orders_data/shipment_deliveries.csv",
            awaited=True,
        ),
        raw("shop_dim_customers", delivered="dim_customers", object="orders_data/dim_customers.csv"),
        raw("shop_dim_addresses", delivered="dim_addresses", object="orders_data/dim_addresses.csv"),
        raw("shop_dim_products", delivered="dim_products", object="orders_data/dim_products.csv"),
        raw("shop_dim_dates", delivered="dim_dates", object="orders_data/dim_dates.csv"),
        staging("shop_dim_addresses", keep="snapshot", must=["shop_dim_addresses_are_trimmed"]),
        staging(
            "shop_dim_customers",
            keep="snapshot",
            should=[
                relationships(
                    "postal_code", "staging.shop_dim_addresses.postal_code", name="shop_customers_of_unknown_addresses"
                ),
            ],
        ),
        staging("shop_dim_products", keep="snapshot", should=["shop_dim_products_differ_by_name"]),
        staging("shop_dim_dates", keep="snapshot", should=["shop_dim_dates_agree_with_the_calendar"]),
        staging(
            "shop_orders",
            keep="snapshot",
            should=[
                relationships(
                    "customer_id", "staging.shop_dim_customers.customer_id", name="shop_orders_of_unknown_customers"
                ),
                relationships(
                    "product_id", "staging.shop_dim_products.product_id", name="shop_orders_of_unknown_products"
                ),
                "shop_orders_total_is_price_times_quantity",
            ],
        ),
        staging(
            "shop_reviews",
            keep="snapshot",
            should=[
                relationships(
                    "product_id", "staging.shop_dim_products.product_id", name="shop_reviews_of_unknown_products"
                ),
            ],
        ),
        staging(
            "shop_shipments",
            keep="snapshot",
            should=[
                relationships(
                    "order_id",
                    "staging.shop_orders.order_id",
                    name="shop_shipments_of_unknown_orders",
                    why="A shipment of an unknown one is in no answer.",
                ),
                "shop_shipments_in_order_of_time",
            ],
        ),
        analytics(
            "agg_public_holiday",
            must=[
                ONE_DAY,
                "agg_public_holiday_knows_every_date",
                "agg_public_holiday_holds_every_holiday_order",
            ],
        ),
        analytics("agg_shipments", must=[ONE_DAY, "agg_shipments_and_the_rest_are_all"]),
        analytics("best_performing_product", must=[ONE_DAY, "best_performing_product_is_the_best"]),
        cache("best_product", keys="best_product"),
        export("shop"),
    ),
)
