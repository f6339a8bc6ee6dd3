-- One row is one version of an order of the operational database, as text: one reading saw it, changed on this day.
create table raw.operations_orders (
    order_id text,      -- the order's number
    order_date text,    -- when it was ordered
    delivery_date text, -- when it is due
    customer_id text,   -- who ordered
    status text,        -- PENDING, PROCESSING, REPROCESSING or COMPLETED
    updated_at text,    -- when the change began
    updated_by text,    -- by whom
    created_at text,    -- when the row came to be
    created_by text,    -- by whom
    deleted_at text     -- when it was deleted, as change data capture saw it; then only the key is sure to be there
);
