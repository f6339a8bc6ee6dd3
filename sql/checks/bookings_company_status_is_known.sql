-- The status of a delivered company is one of the two that are known; an empty one says nothing.
select
    company_id,
    status
from staging.bookings_company
where day = %(day)s and status not in ('active', 'trial');
