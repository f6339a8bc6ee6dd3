-- Nobody outside the list paid more than somebody on it, and the list has no hole.
select
    customers.customer_id,
    customers.order_amount
from analytics.customer_orders as customers
where
    customers.day = %(day)s
    and customers.order_count > 0
    and not exists (
        select from analytics.top_paying_customers as listed
        where listed.day = %(day)s and listed.customer_id = customers.customer_id
    )
    and (
        (select count(*) from analytics.top_paying_customers as listed where listed.day = %(day)s) < 3
        or customers.order_amount > (
            select min(listed.order_amount) from analytics.top_paying_customers as listed where listed.day = %(day)s
        )
    );
