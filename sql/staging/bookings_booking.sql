-- One row is one booking of one snapshot, valid from the snapshot's day until the next snapshot. A text NULL and an
-- empty one are missing, a second pair of quotes is taken off, a bare date is midnight UTC. A booking without times
-- stays; one with an unreadable number, time or flag, a time before 2000 or a creation after its delivery, or that ends
-- before it starts, stands in quarantine. A status that nobody knows stays, for every status counts.
create table staging.bookings_booking (
    booking_id bigint not null check (booking_id > 0),                    -- the booking's number
    day date not null,                                                    -- day of the snapshot
    valid_to date,                                                        -- day of the next snapshot
    user_id bigint not null check (user_id > 0),                          -- the user who booked
    status text,                                                          -- completed, cancelled …; every one counts
    checkin_status text,                                                  -- what became of the check-in
    is_demo boolean,                                                      -- made to show the product; empty means not
    created_at timestamp with time zone
    check (created_at >= '2000-01-01' and created_at < day + 1),          -- when it was made, if known
    starts_at timestamp with time zone check (starts_at >= '2000-01-01'), -- from when the desk is booked
    ends_at timestamp with time zone check (ends_at >= '2000-01-01'),     -- until when
    check (ends_at >= starts_at),
    primary key (booking_id, day)
);

create index on staging.bookings_booking (day);

select
    delivery_id,
    row_number,
    booking_id,
    user_id,
    status,
    checkin_status,
    is_demo,
    created_at,
    booking_start_time as starts_at,
    booking_end_time as ends_at
from raw.bookings_booking
where day = %(day)s;
