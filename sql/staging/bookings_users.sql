-- One row is one user of one snapshot, valid from the snapshot's day until the next snapshot. Of a user who comes more
-- than once in a snapshot the most recently created row wins, of equal ones the last in the file; the others stand in
-- quarantine as duplicates. A text NULL and an empty one are missing, a second pair of quotes is taken off, a bare date
-- is midnight UTC. A user with an unreadable number, time or flag, or who was created before 2000 or after the
-- delivery, stands in quarantine.
create table staging.bookings_users (
    user_id bigint not null check (user_id > 0),                 -- the user's number, rn as delivered
    day date not null,                                           -- day of the snapshot
    valid_to date,                                               -- day of the next snapshot, empty for the newest
    company_id bigint check (company_id > 0),                    -- the company the user works for
    status text,                                                 -- active, inactive or deleted
    is_demo boolean,                                             -- made to show the product; empty means not
    created_at timestamp with time zone
    check (created_at >= '2000-01-01' and created_at < day + 1), -- when the user was created
    primary key (user_id, day)
);

create index on staging.bookings_users (day);

select
    delivery_id,
    row_number,
    rn as user_id,
    company_id,
    status,
    demo_user as is_demo,
    created_at
from raw.bookings_users
where day = %(day)s;
