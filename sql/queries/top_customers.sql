-- The three customers with most pending orders, most first; of equal ones the lower customer_id stands first.
select
    place,
    customer_id,
    customer_name,
    order_count
from analytics.top_customers
where day = %(day)s
order by place;
