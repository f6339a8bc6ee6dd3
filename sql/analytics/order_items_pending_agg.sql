-- One row is one product as of a day: items of orders that are PENDING (reference.operations_statuses says so) and
-- their summed quantity. The source attaches most items to another order than their own, so this is what its tables
-- say, and often little (the check operations_orders_without_items shows how far off it is).
create table analytics.order_items_pending_agg (
    day date not null,          -- as of this day
    product_id bigint not null, -- the product
    item_count bigint not null, -- items of pending orders
    quantity bigint not null,   -- their quantity, an empty one counts 0
    primary key (day, product_id)
);

select
    %(day)s::date as day,
    items.product_id,
    count(*) as item_count,
    coalesce(sum(items.quantity), 0)::bigint as quantity
from staging.operations_orders as orders
inner join reference.operations_statuses as statuses on orders.status = statuses.status and statuses.is_pending
inner join staging.operations_order_items as items
    on
        orders.order_id = items.order_id
        and staging.as_of(items.day, items.valid_to, %(day)s)
where
    staging.as_of(orders.day, orders.valid_to, %(day)s)
    and items.product_id is not null
group by items.product_id;
