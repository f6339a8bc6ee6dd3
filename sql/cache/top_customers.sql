-- One row is one member of the Redis sorted set top_customers: one of the three customers with most pending orders.
create table cache.top_customers (
    key text not null,               -- top_customers
    member text not null,            -- the customer_id
    score double precision not null, -- the customer's pending orders
    primary key (key, member)
);

select
    'top_customers' as key,
    customer_id::text as member,
    order_count as score
from analytics.top_customers
where day = %(day)s;
