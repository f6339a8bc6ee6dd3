-- Every order as of the day names a customer of dim_customers.
select
    orders.order_id,
    orders.customer_id
from staging.shop_orders as orders
where
    orders.day <= %(day)s
    and (orders.valid_to is null or orders.valid_to > %(day)s)
    and not exists (
        select from staging.shop_dim_customers as customers
        where
            customers.customer_id = orders.customer_id
            and customers.day <= %(day)s
            and (customers.valid_to is null or customers.valid_to > %(day)s)
    );
