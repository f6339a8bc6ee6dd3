-- Open orders per delivery date and status, the earliest date first; total_open is the date's sum.
select
    delivery_date,
    status,
    order_count,
    total_open
from analytics.open_orders_agg
where day = %(day)s
order by delivery_date, status;
