-- The status of a delivered user is one of the three that are known; an empty one says nothing.
select
    user_id,
    status
from staging.bookings_users
where day = %(day)s and status not in ('active', 'inactive', 'deleted');
