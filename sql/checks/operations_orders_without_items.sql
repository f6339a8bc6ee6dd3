-- Every order that changed on the day has items by then. The source attaches the items of all of a customer's orders
-- of a day to the first of them, so typically nine in ten have none: each row here is an order that no item can be told
-- of.
select
    orders.order_id,
    orders.customer_id,
    orders.status
from staging.operations_orders as orders
where
    orders.day = %(day)s
    and staging.as_of(orders.day, orders.valid_to, %(day)s)
    and not exists (
        select from staging.operations_order_items as items
        where
            items.order_id = orders.order_id
            and staging.as_of(items.day, items.valid_to, %(day)s)
    );
