-- Dates and statuses together hold every staged order as of the day that is not completed and has a delivery date,
-- once; and each date's total is the sum of its rows.
with answered as (
    select
        sum(order_count) as order_count,
        sum(round(total_open / statuses, 6)) as total_open
    from (
        select
            order_count,
            total_open::numeric as total_open,
            count(*) over (partition by delivery_date) as statuses
        from analytics.open_orders_agg
        where day = %(day)s
    ) as dated
),

staged as (
    select count(*) as order_count
    from staging.operations_orders
    where
        staging.as_of(day, valid_to, %(day)s)
        and delivery_date is not null
        and status not in (
            select statuses.status from reference.operations_statuses as statuses
            where not statuses.is_open
        )
)

select
    answered.order_count,
    staged.order_count as staged_order_count,
    round(answered.total_open) as total_open
from answered
cross join staged
where
    coalesce(answered.order_count, 0) <> staged.order_count
    or round(coalesce(answered.total_open, 0)) <> staged.order_count;
