-- No version of an item is older than the item.
select
    order_item_id,
    created_at,
    updated_at
from staging.operations_order_items
where day = %(day)s and updated_at < created_at;
