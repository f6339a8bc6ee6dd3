-- The three customers who paid most, largest first; of equal amounts the lower customer_id stands first.
select
    place,
    customer_id,
    customer_name,
    order_amount
from analytics.top_paying_customers
where day = %(day)s
order by place;
