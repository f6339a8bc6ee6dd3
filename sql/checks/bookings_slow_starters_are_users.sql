-- A company's number is that of its users who have bookings, none of which starts within the first 30 days, demo users
-- and demo bookings aside.
with slow as (
    select
        users.company_id,
        count(*) as users
    from staging.bookings_users as users
    where
        staging.as_of(users.day, users.valid_to, %(day)s)
        and coalesce(users.is_demo, false) = false
        and users.company_id is not null
        and exists (
            select from staging.bookings_booking as bookings
            where
                bookings.user_id = users.user_id
                and bookings.starts_at - users.created_at > interval '30 days'
                and staging.as_of(bookings.day, bookings.valid_to, %(day)s)
                and coalesce(bookings.is_demo, false) = false
        )
        and not exists (
            select from staging.bookings_booking as early
            where
                early.user_id = users.user_id
                and early.starts_at - users.created_at <= interval '30 days'
                and staging.as_of(early.day, early.valid_to, %(day)s)
                and coalesce(early.is_demo, false) = false
        )
    group by users.company_id
),

listed as (
    select
        company_id,
        users
    from analytics.bookings_slow_starters
    where day = %(day)s
)

select
    coalesce(listed.company_id, slow.company_id) as company_id,
    listed.users,
    slow.users as expected_users
from listed
full join slow on listed.company_id = slow.company_id
where listed.users is distinct from slow.users;
