-- Users whose first booking starts more than 30 days after they were created, per company.
select
    company_id,
    company_name,
    users
from analytics.bookings_slow_starters
where day = %(day)s
order by users desc, company_id;
