-- Every shipment as of the day carries a known order; one that does not is in no answer.
select
    shipments.shipment_id,
    shipments.order_id
from staging.shop_shipments as shipments
where
    shipments.day <= %(day)s
    and (shipments.valid_to is null or shipments.valid_to > %(day)s)
    and not exists (
        select from staging.shop_orders as orders
        where
            orders.order_id = shipments.order_id
            and orders.day <= %(day)s
            and (orders.valid_to is null or orders.valid_to > %(day)s)
    );
