-- One row is one calendar day of one snapshot of the dimension, valid from the snapshot's day until the next snapshot.
-- A public holiday, in every answer of the shop, is a day from Monday to Friday that is no working day.
create table staging.shop_dim_dates (
    calendar_dt date not null,                                                               -- the calendar day
    day date not null,                                                                       -- day of the snapshot
    valid_to date,                                                                           -- day of the next snapshot
    year_num bigint not null,                                                                -- its year
    month_of_the_year_num bigint not null check (month_of_the_year_num between 1 and 12),    -- 1 is January
    day_of_the_month_num bigint not null check (day_of_the_month_num between 1 and 31),      -- 1 to 31
    day_of_the_week_num bigint not null check (day_of_the_week_num between 1 and 7),         -- 1 is Monday
    working_day boolean not null,                                                            -- people work on it
    primary key (calendar_dt, day)
);

create index on staging.shop_dim_dates (day);

select
    delivery_id,
    row_number,
    calendar_dt,
    year_num,
    month_of_the_year_num,
    day_of_the_month_num,
    day_of_the_week_num,
    working_day
from raw.shop_dim_dates
where day = %(day)s;
