-- Every order as of the day names a customer who was delivered by then; one that does not is in no answer.
with answered as (
    select
        coalesce(sum(order_count), 0) as order_count,
        coalesce(sum(order_count * customer_id), 0) as customers
    from analytics.customer_orders
    where day = %(day)s
),

staged as (
    select
        count(*) as order_count,
        coalesce(sum(customer_id), 0) as customers
    from staging.sales_orders
    where staging.as_of(day, valid_to, %(day)s)
),

-- Mostly nothing: then every order is in the answer, and looking up the customers of 100 million is spared.
unlike as (
    select answered.order_count
    from answered
    cross join staged
    where (answered.order_count, answered.customers) <> (staged.order_count, staged.customers)
)

select
    orders.order_id,
    orders.customer_id,
    orders.amount
from staging.sales_orders as orders
where
    staging.as_of(orders.day, orders.valid_to, %(day)s)
    and exists (select from unlike)
    and not exists (
        select from staging.sales_customers as customers
        where customers.customer_id = orders.customer_id and customers.day <= %(day)s
    );
