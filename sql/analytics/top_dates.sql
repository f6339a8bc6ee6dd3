-- One row is one of the three delivery dates with most open orders as of a day; of equal ones the earlier stands first.
create table analytics.top_dates (
    day date not null,           -- as of this day
    place bigint not null,       -- 1 has most
    delivery_date date not null, -- when the orders are due
    total_open bigint not null,  -- open orders of that date
    primary key (day, place)
);

with dates as (
    select distinct
        delivery_date,
        total_open
    from analytics.open_orders_agg
    where day = %(day)s
),

ranked as (
    select
        delivery_date,
        total_open,
        row_number() over (order by total_open desc, delivery_date) as place
    from dates
)

select
    %(day)s::date as day,
    place,
    delivery_date,
    total_open
from ranked
where place <= 3;
