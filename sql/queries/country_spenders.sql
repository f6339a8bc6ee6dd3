-- Amount spent per customer of a country (parameter country, USA unless given), largest first.
select
    customer_id,
    customer_name,
    order_amount
from analytics.customer_orders
where day = %(day)s and country = coalesce(%(country)s, 'USA')
order by order_amount desc, customer_id;
