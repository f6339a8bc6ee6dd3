-- The orders, reviews and shipments that the day's answers are made of are snapshots of one and the same day.
with snapshots as (
    select
        (select max(day) from staging.shop_orders where day <= %(day)s) as orders,
        (select max(day) from staging.shop_reviews where day <= %(day)s) as reviews,
        (select max(day) from staging.shop_shipments where day <= %(day)s) as shipments
)

select
    orders,
    reviews,
    shipments
from snapshots
where orders is distinct from reviews or orders is distinct from shipments;
