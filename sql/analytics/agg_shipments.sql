-- One row is one day. Late: shipped 6 days after the order or later, and not delivered. Undelivered: neither shipped
-- nor delivered, and ordered 15 days ago or earlier. On a real delivery as of 2022-09-05: 175 and 6,586.
create table analytics.agg_shipments (
    ingestion_date date not null,         -- as of this day
    tt_late_shipments bigint not null,    -- shipments that are late
    tt_undelivered_items bigint not null, -- shipments that are undelivered
    primary key (ingestion_date)
);

select
    %(day)s::date as ingestion_date,
    count(*) filter (
        where shipments.shipment_date >= orders.order_date + 6 and shipments.delivery_date is null
    ) as tt_late_shipments,
    count(*) filter (
        where
        shipments.shipment_date is null
        and shipments.delivery_date is null
        and %(day)s::date - orders.order_date >= 15
    ) as tt_undelivered_items
from staging.shop_shipments as shipments
inner join staging.shop_orders as orders
    on
        shipments.order_id = orders.order_id
        and staging.as_of(orders.day, orders.valid_to, %(day)s)
where staging.as_of(shipments.day, shipments.valid_to, %(day)s);
