-- Customers together hold every staged order as of the day that is pending and has a customer, once.
with answered as (
    select sum(order_count) as order_count
    from analytics.customer_pending_orders_agg
    where day = %(day)s
),

staged as (
    select count(*) as order_count
    from staging.operations_orders
    where
        staging.as_of(day, valid_to, %(day)s)
        and customer_id is not null
        and status in (
            select statuses.status from reference.operations_statuses as statuses
            where statuses.is_pending
        )
)

select
    answered.order_count,
    staged.order_count as staged_order_count
from answered
cross join staged
where coalesce(answered.order_count, 0) <> staged.order_count;
