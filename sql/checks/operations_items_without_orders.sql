-- Every item that changed on the day belongs to an order that is known by then.
select
    items.order_item_id,
    items.order_id
from staging.operations_order_items as items
where
    items.day = %(day)s
    and staging.as_of(items.day, items.valid_to, %(day)s)
    and not exists (
        select from staging.operations_orders as orders
        where orders.order_id = items.order_id and orders.day <= %(day)s
    );
