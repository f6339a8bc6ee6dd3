-- The countries together hold every customer and every amount of analytics.customer_orders, no more, no less.
with by_country as (
    select
        sum(registered_customers) as customers,
        sum(users_counts) as ordering_customers,
        sum(order_amount) as order_amount
    from analytics.sales_by_country
    where day = %(day)s
),

by_customer as (
    select
        count(*) as customers,
        count(*) filter (where order_count > 0) as ordering_customers,
        sum(order_amount) as order_amount
    from analytics.customer_orders
    where day = %(day)s
)

select
    by_country.customers,
    by_customer.customers as expected_customers,
    by_country.order_amount,
    by_customer.order_amount as expected_order_amount
from by_country
cross join by_customer
where
    coalesce(by_country.customers, 0) <> by_customer.customers
    or coalesce(by_country.ordering_customers, 0) <> by_customer.ordering_customers
    or coalesce(by_country.order_amount, 0) <> coalesce(by_customer.order_amount, 0);
