-- Bookings starting on each calendar day of the last six months, and on the seven days that end with it.
select
    starts_on as day,
    bookings,
    rolling_7d
from analytics.bookings_rolling_7d
where day = %(day)s
order by starts_on;
