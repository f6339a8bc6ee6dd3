-- Every order as of the day names a customer who was delivered by then; one that does not is in no answer.
select
    orders.order_id,
    orders.customer_id,
    orders.amount
from staging.sales_orders as orders
where
    orders.day <= %(day)s
    and (orders.valid_to is null or orders.valid_to > %(day)s)
    and not exists (
        select from staging.sales_customers as customers
        where customers.customer_id = orders.customer_id and customers.day <= %(day)s
    );
