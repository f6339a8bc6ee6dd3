-- What all customers ordered is what the orders of known customers sum to: a join that doubles or drops orders
-- breaks it. So does an answer without anybody where there are customers, who stand in it with no order too.
with answered as (
    select
        coalesce(sum(order_count), 0) as order_count,
        coalesce(sum(order_amount), 0) as order_amount,
        coalesce(sum(order_count * customer_id), 0) as customers
    from analytics.customer_orders
    where day = %(day)s
),

staged as (
    select
        count(*) as order_count,
        coalesce(sum(amount), 0) as order_amount,
        coalesce(sum(customer_id), 0) as customers
    from staging.sales_orders
    where staging.as_of(day, valid_to, %(day)s)
),

-- Mostly nothing: then every order is in the answer, and looking up the customers of 100 million is spared. An order
-- that is dropped and one that is doubled could make up for each other, were it not for whose they are.
unlike as (
    select
        answered.order_count,
        answered.order_amount
    from answered
    cross join staged
    where
        (answered.order_count, answered.order_amount, answered.customers)
        <> (staged.order_count, staged.order_amount, staged.customers)
),

known as (
    select
        count(*) as order_count,
        coalesce(sum(orders.amount), 0) as order_amount
    from staging.sales_orders as orders
    where
        staging.as_of(orders.day, orders.valid_to, %(day)s)
        and exists (select from unlike)
        and exists (
            select from staging.sales_customers as customers
            where customers.customer_id = orders.customer_id and customers.day <= %(day)s
        )
)

select
    unlike.order_count,
    known.order_count as staged_order_count,
    unlike.order_amount,
    known.order_amount as staged_order_amount
from unlike
cross join known
where unlike.order_count <> known.order_count or unlike.order_amount <> known.order_amount
union all
select
    0 as order_count,
    0 as staged_order_count,
    0 as order_amount,
    0 as staged_order_amount
where
    not exists (select from analytics.customer_orders where day = %(day)s)
    and exists (
        select from staging.sales_customers
        where staging.as_of(day, valid_to, %(day)s)
    );
