-- Distinct users by the month in which they made a booking, the last six months up to the day.
select
    month,
    headcount
from analytics.bookings_monthly_headcount
where day = %(day)s
order by month;
