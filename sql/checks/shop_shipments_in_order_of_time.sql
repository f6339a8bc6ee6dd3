-- Nothing is delivered that was not shipped, or before it was shipped, or shipped before it was ordered.
select
    shipments.shipment_id,
    orders.order_date,
    shipments.shipment_date,
    shipments.delivery_date
from staging.shop_shipments as shipments
left join staging.shop_orders as orders
    on
        shipments.order_id = orders.order_id
        and staging.as_of(orders.day, orders.valid_to, %(day)s)
where
    shipments.day = %(day)s
    and (
        (shipments.delivery_date is not null and shipments.shipment_date is null)
        or shipments.delivery_date < shipments.shipment_date
        or shipments.shipment_date < orders.order_date
    );
