-- Items of pending orders per product: how many and their summed quantity, by product_id.
select
    product_id,
    item_count,
    quantity
from analytics.order_items_pending_agg
where day = %(day)s
order by product_id;
