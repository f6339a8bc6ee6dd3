-- One row is one company as of a day: how many of its users had their first booking start more than 30 days after they
-- were created. A user of 1 January with a first booking on 31 January (30 days) is none, on 1 February is one.
-- Demo users and demo bookings are left out; so is who never booked.
create table analytics.bookings_slow_starters (
    day date not null,          -- as of this day
    company_id bigint not null, -- the company's number
    company_name text,          -- its name as of the day, empty for an unknown company
    users bigint not null,      -- users who started slowly
    primary key (day, company_id)
);

with first_bookings as (
    select
        user_id,
        min(starts_at) as starts_at
    from staging.bookings_booking
    where
        staging.as_of(day, valid_to, %(day)s)
        and is_demo is not true
    group by user_id
),

slow as (
    select users.company_id
    from staging.bookings_users as users
    inner join first_bookings on users.user_id = first_bookings.user_id
    where
        staging.as_of(users.day, users.valid_to, %(day)s)
        and users.is_demo is not true
        and users.company_id is not null
        and first_bookings.starts_at > users.created_at + interval '30 days'
)

select
    %(day)s::date as day,
    slow.company_id,
    companies.company_name,
    count(*) as users
from slow
left join staging.bookings_company as companies
    on
        slow.company_id = companies.company_id
        and staging.as_of(companies.day, companies.valid_to, %(day)s)
group by slow.company_id, companies.company_name;
