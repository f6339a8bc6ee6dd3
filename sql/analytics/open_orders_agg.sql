-- One row is one delivery date and status as of a day: how many orders are open, that is in any status but COMPLETED
-- (reference.operations_statuses says so). Orders without delivery date are in none (the check
-- operations_open_orders_without_delivery_date shows them).
create table analytics.open_orders_agg (
    day date not null,           -- as of this day
    delivery_date date not null, -- when the orders are due
    status text not null,        -- their status as of the day
    order_count bigint not null, -- open orders of that date and status
    total_open bigint not null,  -- open orders of that date in any status
    primary key (day, delivery_date, status)
);

with counted as (
    select
        orders.delivery_date,
        orders.status,
        count(*) as order_count
    from staging.operations_orders as orders
    left join reference.operations_statuses as statuses on orders.status = statuses.status
    where
        staging.as_of(orders.day, orders.valid_to, %(day)s)
        and orders.delivery_date is not null
        and statuses.is_open is distinct from false
    group by orders.delivery_date, orders.status
)

select
    %(day)s::date as day,
    delivery_date,
    status,
    order_count,
    sum(order_count) over (partition by delivery_date)::bigint as total_open
from counted;
