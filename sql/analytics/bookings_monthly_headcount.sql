-- One row is one of the last six months up to a day, the day's own month being the sixth: how many users made a booking
-- in it. A booking belongs to the month of its creation. Demo users and demo bookings are left out.
create table analytics.bookings_monthly_headcount (
    day date not null,         -- as of this day
    month date not null,       -- first day of the month
    headcount bigint not null, -- distinct users who made a booking in it
    primary key (day, month)
);

with months as (
    select (date_trunc('month', %(day)s::date) - make_interval(months => back))::date as month
    from generate_series(0, 5) as back
),

made as (
    select
        bookings.user_id,
        date_trunc('month', bookings.created_at)::date as month
    from staging.bookings_booking as bookings
    left join staging.bookings_users as users
        on
            bookings.user_id = users.user_id
            and staging.as_of(users.day, users.valid_to, %(day)s)
    where
        staging.as_of(bookings.day, bookings.valid_to, %(day)s)
        and bookings.created_at < %(day)s::date + 1
        and bookings.is_demo is not true
        and users.is_demo is not true
)

select
    %(day)s::date as day,
    months.month,
    count(distinct made.user_id) as headcount
from months
left join made on months.month = made.month
group by months.month;
