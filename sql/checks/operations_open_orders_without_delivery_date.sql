-- Every open order as of the day has a delivery date; one without is in no answer by date.
select
    orders.order_id,
    orders.status
from staging.operations_orders as orders
where
    staging.as_of(orders.day, orders.valid_to, %(day)s)
    and orders.delivery_date is null
    and orders.status not in (
        select statuses.status from reference.operations_statuses as statuses
        where not statuses.is_open
    );
