-- Late ones, undelivered ones and those that are neither (delivered, shipped in time, or ordered not long ago) are all
-- shipments of known orders, each once.
with answered as (
    select tt_late_shipments + tt_undelivered_items as shipments
    from analytics.agg_shipments
    where ingestion_date = %(day)s
),

known as (
    select
        shipments.shipment_date,
        shipments.delivery_date,
        (
            select max(orders.order_date)
            from staging.shop_orders as orders
            where
                orders.order_id = shipments.order_id
                and orders.day <= %(day)s
                and (orders.valid_to is null or orders.valid_to > %(day)s)
        ) as order_date
    from staging.shop_shipments as shipments
    where shipments.day <= %(day)s and (shipments.valid_to is null or shipments.valid_to > %(day)s)
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
    where order_date is not null
)

select
    answered.shipments,
    counted.others,
    counted.shipments as expected_shipments
from counted
left join answered on true
where answered.shipments + counted.others is distinct from counted.shipments;
