-- The status of a delivered booking is one of the five that are known; an empty one says nothing.
select
    booking_id,
    status
from staging.bookings_booking
where day = %(day)s and status not in ('completed', 'cancelled', 'editedByUser', 'accepted', 'running');
