-- One row is one version of an item of the operational database, as text: one reading saw it, changed on this day.
create table raw.operations_order_items (
    order_item_id text, -- the item's number
    order_id text,      -- the order that it is attached to
    product_id text,    -- what was ordered
    quanity text,       -- how many, spelt as the source spells it
    updated_at text,    -- when the change began
    updated_by text,    -- by whom
    created_at text,    -- when the row came to be
    created_by text,    -- by whom
    deleted_at text     -- when it was deleted, as change data capture saw it; then only the key is sure to be there
);
