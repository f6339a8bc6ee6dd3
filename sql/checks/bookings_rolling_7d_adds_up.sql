-- Every calendar day of the last six months up to the day is there, and no other, with the bookings that start on it
-- and those that start on the seven days that end with it, demo users and demo bookings aside.
with started as (
    select
        (bookings.starts_at at time zone 'UTC')::date as starts_on,
        count(*) as bookings
    from staging.bookings_booking as bookings
    where
        staging.as_of(bookings.day, bookings.valid_to, %(day)s)
        and coalesce(bookings.is_demo, false) = false
        and not exists (
            select from staging.bookings_users as demo
            where
                demo.user_id = bookings.user_id
                and demo.is_demo
                and staging.as_of(demo.day, demo.valid_to, %(day)s)
        )
    group by starts_on
),

calendar as (
    select starts_on::date
    from generate_series(
        date_trunc('month', %(day)s::date) - interval '5 months', %(day)s::date, interval '1 day'
    ) as starts_on
),

expected as (
    select
        calendar.starts_on,
        coalesce(sum(started.bookings) filter (where started.starts_on = calendar.starts_on), 0) as bookings,
        coalesce(sum(started.bookings), 0) as rolling_7d
    from calendar
    left join started on started.starts_on between calendar.starts_on - 6 and calendar.starts_on
    group by calendar.starts_on
),

listed as (
    select
        starts_on,
        bookings,
        rolling_7d
    from analytics.bookings_rolling_7d
    where day = %(day)s
)

select
    coalesce(listed.starts_on, expected.starts_on) as starts_on,
    listed.bookings,
    expected.bookings as expected_bookings,
    listed.rolling_7d,
    expected.rolling_7d as expected_rolling_7d
from listed
full join expected on listed.starts_on = expected.starts_on
where
    listed.bookings is distinct from expected.bookings
    or listed.rolling_7d is distinct from expected.rolling_7d;
