-- One row is one field of the Redis hash open_orders:{delivery_date}: a status and how many orders of that date are
-- open in it.
create table cache.open_orders (
    key text not null,   -- open_orders:{delivery_date}
    field text not null, -- the status
    value text not null, -- how many orders
    primary key (key, field)
);

select
    'open_orders:' || delivery_date as key,
    status as field,
    order_count::text as value
from analytics.open_orders_agg
where day = %(day)s;
