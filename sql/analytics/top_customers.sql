-- One row is one of the three customers with most pending orders as of a day; of equal ones the lower customer_id
-- stands first.
create table analytics.top_customers (
    day date not null,           -- as of this day
    place bigint not null,       -- 1 has most
    customer_id bigint not null, -- the customer's number
    customer_name text,          -- the name as of the day, empty when the customer is not known
    order_count bigint not null, -- pending orders
    primary key (day, place)
);

with ranked as (
    select
        customer_id,
        customer_name,
        order_count,
        row_number() over (order by order_count desc, customer_id) as place
    from analytics.customer_pending_orders_agg
    where day = %(day)s
)

select
    %(day)s::date as day,
    place,
    customer_id,
    customer_name,
    order_count
from ranked
where place <= 3;
