-- No customer outside the three has more pending orders than one inside, or as many and a lower customer_id; and there
-- are three where there are three.
with top as (
    select
        place,
        customer_id,
        order_count
    from analytics.top_customers
    where day = %(day)s
)

select
    others.customer_id,
    others.order_count
from analytics.customer_pending_orders_agg as others
where
    others.day = %(day)s
    and not exists (select from top where top.customer_id = others.customer_id and top.order_count = others.order_count)
    and (
        (select count(*) from top) < 3
        or exists (
            select from top
            where
                top.order_count < others.order_count
                or (top.order_count = others.order_count and top.customer_id > others.customer_id)
        )
    )
union all
select
    top.customer_id,
    top.order_count
from top
where not exists (
    select from analytics.customer_pending_orders_agg as counted
    where
        counted.day = %(day)s
        and counted.customer_id = top.customer_id
        and counted.order_count = top.order_count
);
