-- A day's copy of the customers holds nobody who came to be after that day.
select
    customer_id,
    created_at
from staging.operations_customers
where day = %(day)s and (created_at at time zone 'UTC')::date > %(day)s;
