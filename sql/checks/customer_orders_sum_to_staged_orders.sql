-- What all customers ordered is what the orders of known customers sum to: a join that doubles or drops orders
-- breaks it.
with answered as (
    select
        sum(order_count) as order_count,
        sum(order_amount) as order_amount
    from analytics.customer_orders
    where day = %(day)s
),

staged as (
    select
        count(*) as order_count,
        sum(orders.amount) as order_amount
    from staging.sales_orders as orders
    where
        orders.day <= %(day)s
        and (orders.valid_to is null or orders.valid_to > %(day)s)
        and exists (
            select from staging.sales_customers as customers
            where customers.customer_id = orders.customer_id and customers.day <= %(day)s
        )
)

select
    answered.order_count,
    staged.order_count as staged_order_count,
    answered.order_amount,
    staged.order_amount as staged_order_amount
from answered
cross join staged
where
    coalesce(answered.order_count, 0) <> staged.order_count
    or coalesce(answered.order_amount, 0) <> coalesce(staged.order_amount, 0);
