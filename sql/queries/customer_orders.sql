-- Every customer's name and number of orders, by customer_id; customers without orders count 0.
select
    customer_id,
    customer_name,
    order_count
from analytics.customer_orders
where day = %(day)s
order by customer_id;
