-- Every status that an order took on the day stands in reference.operations_statuses; another one counts as open.
select
    status,
    count(*) as orders
from staging.operations_orders
where day = %(day)s and status not in (select known.status from reference.operations_statuses as known)
group by status;
