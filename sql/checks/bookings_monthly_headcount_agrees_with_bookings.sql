-- A month's headcount is the number of users of whom there is a booking made in it, demo users and demo bookings aside:
-- a user who booked twice, and a join that doubles rows, break it.
with made as (
    select distinct
        date_trunc('month', bookings.created_at)::date as month,
        bookings.user_id
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
),

counted as (
    select
        month,
        count(*) as users
    from made
    group by month
)

select
    listed.month,
    listed.headcount,
    coalesce(counted.users, 0) as expected_headcount
from analytics.bookings_monthly_headcount as listed
left join counted on listed.month = counted.month
where listed.day = %(day)s and listed.headcount <> coalesce(counted.users, 0);
