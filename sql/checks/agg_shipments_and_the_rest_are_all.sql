-- Late ones, undelivered ones and those that are neither (delivered, shipped in time, or ordered not long ago) are all
-- shipments of known orders, each once.
with answered as (
    select tt_late_shipments + tt_undelivered_items as shipments
    from analytics.agg_shipments
    where ingestion_date = %(day)s
),

placed as (
    select
        order_id,
        max(order_date) as order_date
    from staging.shop_orders
    where staging.as_of(day, valid_to, %(day)s)
    group by order_id
),

known as (
    select
        shipments.shipment_date,
        shipments.delivery_date,
        placed.order_date
    from staging.shop_shipments as shipments
    inner join placed on shipments.order_id = placed.order_id
    where staging.as_of(shipments.day, shipments.valid_to, %(day)s)
),

counted as (
    select
        count(*) as shipments,
        count(*) filter (
            where
            delivery_date is not null
            or shipment_date - order_date < 6
            or (shipment_date is null and order_date > %(day)s::date - 15)
        ) as others
    from known
)

select
    answered.shipments,
    counted.others,
    counted.shipments as expected_shipments
from counted
left join answered on true
where answered.shipments + counted.others is distinct from counted.shipments;
