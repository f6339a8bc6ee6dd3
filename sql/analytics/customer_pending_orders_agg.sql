-- One row is one customer as of a day who has PENDING orders (reference.operations_statuses says which those are), and
-- how many. A customer whom the day's copy of the customers lacks has no name; orders of nobody are in no row (the
-- check operations_pending_orders_without_customer shows them).
create table analytics.customer_pending_orders_agg (
    day date not null,           -- as of this day
    customer_id bigint not null, -- the customer's number
    customer_name text,          -- the name as of the day, empty when the customer is not known
    order_count bigint not null, -- pending orders
    primary key (day, customer_id)
);

with pending as (
    select
        orders.customer_id,
        count(*) as order_count
    from staging.operations_orders as orders
    inner join reference.operations_statuses as statuses on orders.status = statuses.status and statuses.is_pending
    where
        staging.as_of(orders.day, orders.valid_to, %(day)s)
        and orders.customer_id is not null
    group by orders.customer_id
)

select
    %(day)s::date as day,
    pending.customer_id,
    customers.customer_name,
    pending.order_count
from pending
left join staging.operations_customers as customers
    on
        pending.customer_id = customers.customer_id
        and staging.as_of(customers.day, customers.valid_to, %(day)s);
