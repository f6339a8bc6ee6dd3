-- Every booking as of the day belongs to a user who is known as of the day. One that does not is counted all the same:
-- nobody says that its user is a demo.
select
    bookings.booking_id,
    bookings.user_id
from staging.bookings_booking as bookings
where
    bookings.day <= %(day)s
    and (bookings.valid_to is null or bookings.valid_to > %(day)s)
    and not exists (
        select from staging.bookings_users as users
        where
            users.user_id = bookings.user_id
            and users.day <= %(day)s
            and (users.valid_to is null or users.valid_to > %(day)s)
    );
