-- Per country: customers with at least one order, registered customers and the exact amount ordered.
select
    country,
    users_counts,
    registered_customers,
    order_amount
from analytics.sales_by_country
where day = %(day)s
order by order_amount desc, country;
