-- One row is one day: orders placed on a public holiday in the twelve months that end with it, by month, 0 where none.
-- Of 5 September 2022 these are the orders from 6 September 2021 on: September holds the end of one and the beginning
-- of the other. A public holiday is a day from Monday to Friday that is no working day.
create table analytics.agg_public_holiday (
    ingestion_date date not null,     -- as of this day
    tt_order_hol_jan bigint not null, -- in January
    tt_order_hol_feb bigint not null, -- in February
    tt_order_hol_mar bigint not null, -- in March
    tt_order_hol_apr bigint not null, -- in April
    tt_order_hol_may bigint not null, -- in May
    tt_order_hol_jun bigint not null, -- in June
    tt_order_hol_jul bigint not null, -- in July
    tt_order_hol_aug bigint not null, -- in August
    tt_order_hol_sep bigint not null, -- in September
    tt_order_hol_oct bigint not null, -- in October
    tt_order_hol_nov bigint not null, -- in November
    tt_order_hol_dec bigint not null, -- in December
    primary key (ingestion_date)
);

with holiday_orders as (
    select orders.order_date
    from staging.shop_orders as orders
    inner join staging.shop_dim_dates as dates
        on
            orders.order_date = dates.calendar_dt
            and staging.as_of(dates.day, dates.valid_to, %(day)s)
    where
        staging.as_of(orders.day, orders.valid_to, %(day)s)
        and orders.order_date > (%(day)s::date - interval '12 months')::date
        and orders.order_date <= %(day)s
        and dates.day_of_the_week_num between 1 and 5
        and not dates.working_day
)

select
    %(day)s::date as ingestion_date,
    count(*) filter (where extract(month from order_date) = 1) as tt_order_hol_jan,
    count(*) filter (where extract(month from order_date) = 2) as tt_order_hol_feb,
    count(*) filter (where extract(month from order_date) = 3) as tt_order_hol_mar,
    count(*) filter (where extract(month from order_date) = 4) as tt_order_hol_apr,
    count(*) filter (where extract(month from order_date) = 5) as tt_order_hol_may,
    count(*) filter (where extract(month from order_date) = 6) as tt_order_hol_jun,
    count(*) filter (where extract(month from order_date) = 7) as tt_order_hol_jul,
    count(*) filter (where extract(month from order_date) = 8) as tt_order_hol_aug,
    count(*) filter (where extract(month from order_date) = 9) as tt_order_hol_sep,
    count(*) filter (where extract(month from order_date) = 10) as tt_order_hol_oct,
    count(*) filter (where extract(month from order_date) = 11) as tt_order_hol_nov,
    count(*) filter (where extract(month from order_date) = 12) as tt_order_hol_dec
from holiday_orders;
