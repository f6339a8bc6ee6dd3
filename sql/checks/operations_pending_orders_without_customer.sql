-- Every pending order as of the day names a customer whom the copy of the customers has; one that names nobody is in no
-- answer by customer, one that names a stranger stands there without a name.
select
    orders.order_id,
    orders.customer_id
from staging.operations_orders as orders
where
    staging.as_of(orders.day, orders.valid_to, %(day)s)
    and orders.status in (
        select statuses.status from reference.operations_statuses as statuses
        where statuses.is_pending
    )
    and not exists (
        select from staging.operations_customers as customers
        where
            customers.customer_id = orders.customer_id
            and staging.as_of(customers.day, customers.valid_to, %(day)s)
    );
