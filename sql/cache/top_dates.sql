-- One row is one member of the Redis sorted set top_dates: one of the three delivery dates with most open orders.
create table cache.top_dates (
    key text not null,               -- top_dates
    member text not null,            -- the delivery date, like 2024-01-31
    score double precision not null, -- its open orders
    primary key (key, member)
);

select
    'top_dates' as key,
    delivery_date::text as member,
    total_open as score
from analytics.top_dates
where day = %(day)s;
