-- One row is one company of one snapshot, valid from the snapshot's day until the next snapshot. A text NULL and an
-- empty one are missing, a second pair of quotes is taken off, a bare date is midnight UTC. A company with an
-- unreadable number or time, or that was created before 2000 or after its delivery, stands in quarantine.
create table staging.bookings_company (
    company_id bigint not null check (company_id > 0),           -- the company's number
    day date not null,                                           -- day of the snapshot
    valid_to date,                                               -- day of the next snapshot, empty for the newest
    company_name text,                                           -- the company's name
    status text,                                                 -- active or trial
    created_at timestamp with time zone
    check (created_at >= '2000-01-01' and created_at < day + 1), -- when the company was created
    primary key (company_id, day)
);

create index on staging.bookings_company (day);

select
    delivery_id,
    row_number,
    company_id,
    company_name,
    status,
    created_at
from raw.bookings_company
where day = %(day)s;
