-- Products together hold every staged item as of the day that belongs to a pending order, once, and its quantity.
with answered as (
    select
        sum(item_count) as item_count,
        sum(quantity) as quantity
    from analytics.order_items_pending_agg
    where day = %(day)s
),

staged as (
    select
        count(*) as item_count,
        sum(quantity) as quantity
    from staging.operations_order_items
    where
        staging.as_of(day, valid_to, %(day)s)
        and product_id is not null
        and order_id in (
            select orders.order_id from staging.operations_orders as orders
            where
                staging.as_of(orders.day, orders.valid_to, %(day)s)
                and orders.status in (
                    select statuses.status from reference.operations_statuses as statuses
                    where statuses.is_pending
                )
        )
)

select
    answered.item_count,
    staged.item_count as staged_item_count,
    answered.quantity,
    staged.quantity as staged_quantity
from answered
cross join staged
where
    coalesce(answered.item_count, 0) <> staged.item_count
    or coalesce(answered.quantity, 0) <> coalesce(staged.quantity, 0);
