-- One row is one row of a delivered booking file of the bookings feed, as text, exactly as it came.
create table raw.bookings_booking (
    user_id text,            -- the user who booked, rn of the users file
    booking_id text,         -- the booking's number
    created_at text,         -- when it was made, like 2022-10-19 05:39:41.448694 UTC
    status text,             -- completed, cancelled, editedByUser, accepted or running
    checkin_status text,     -- what became of the check-in
    booking_start_time text, -- from when the desk is booked
    booking_end_time text,   -- until when
    is_demo text             -- TRUE for a booking made to show the product
);
