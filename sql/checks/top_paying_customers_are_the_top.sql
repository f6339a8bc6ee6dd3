-- The list says what its customers paid, the higher places paid more, and nobody outside paid more than somebody on it.
with listed as (
    select
        place,
        customer_id,
        order_amount
    from analytics.top_paying_customers
    where day = %(day)s
),

customers as (
    select
        customer_id,
        order_amount
    from analytics.customer_orders
    where day = %(day)s and order_count > 0
),

lowest as (
    select
        count(*) as places,
        min(order_amount) as order_amount
    from listed
),

missing as (
    select customers.*
    from customers
    cross join lowest
    left join listed on customers.customer_id = listed.customer_id
    where
        listed.customer_id is null
        and (lowest.places < 3 or customers.order_amount > lowest.order_amount)
),

misstated as (
    select
        listed.customer_id,
        listed.order_amount
    from listed
    left join customers on listed.customer_id = customers.customer_id
    where listed.order_amount is distinct from customers.order_amount
),

misplaced as (
    select
        higher.customer_id,
        higher.order_amount
    from listed as higher
    inner join listed as lower on higher.place < lower.place
    where
        higher.order_amount < lower.order_amount
        or (higher.order_amount = lower.order_amount and higher.customer_id > lower.customer_id)
)

select
    'paid enough and is not listed' as wrong,
    *
from missing
union all
select
    'did not pay this' as wrong,
    *
from misstated
union all
select
    'stands too high' as wrong,
    *
from misplaced;
