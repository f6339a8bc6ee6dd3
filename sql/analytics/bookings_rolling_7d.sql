-- One row is one calendar day of the last six months up to a day, the day's own month being the sixth: bookings
-- starting on it, and on it and the six days before, which may lie before the first of these months. Days without
-- bookings count 0. Demo users and demo bookings are left out.
create table analytics.bookings_rolling_7d (
    day date not null,          -- as of this day
    starts_on date not null,    -- the calendar day
    bookings bigint not null,   -- bookings starting on it
    rolling_7d bigint not null, -- bookings starting on the seven days that end with it
    primary key (day, starts_on)
);

with calendar as (
    select starts_on::date
    from generate_series(
        date_trunc('month', %(day)s::date) - interval '5 months 6 days', %(day)s::date, interval '1 day'
    ) as starts_on
),

started as (
    select (bookings.starts_at at time zone 'UTC')::date as starts_on
    from staging.bookings_booking as bookings
    left join staging.bookings_users as users
        on
            bookings.user_id = users.user_id
            and staging.as_of(users.day, users.valid_to, %(day)s)
    where
        staging.as_of(bookings.day, bookings.valid_to, %(day)s)
        and bookings.is_demo is not true
        and users.is_demo is not true
),

counted as (
    select
        calendar.starts_on,
        count(started.starts_on) as bookings
    from calendar
    left join started on calendar.starts_on = started.starts_on
    group by calendar.starts_on
),

rolled as (
    select
        starts_on,
        bookings,
        sum(bookings) over (order by starts_on rows between 6 preceding and current row)::bigint as rolling_7d
    from counted
)

select
    %(day)s::date as day,
    starts_on,
    bookings,
    rolling_7d
from rolled
where starts_on >= date_trunc('month', %(day)s::date) - interval '5 months';
