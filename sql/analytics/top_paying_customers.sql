-- One row is one of the three customers who paid most as of a day; of equal amounts the lower customer_id
-- stands first. Customers without orders are never among them.
create table analytics.top_paying_customers (
    day date not null,                    -- as of this day
    place bigint not null,                -- 1 paid most
    customer_id bigint not null,          -- the customer's number
    customer_name text not null,          -- the name as of the day
    order_amount numeric(18, 2) not null, -- exact sum of what the customer ordered
    primary key (day, place)
);

with ranked as (
    select
        customer_id,
        customer_name,
        order_amount,
        row_number() over (order by order_amount desc, customer_id) as place
    from analytics.customer_orders
    where day = %(day)s and order_count > 0
)

select
    %(day)s::date as day,
    place,
    customer_id,
    customer_name,
    order_amount
from ranked
where place <= 3;
