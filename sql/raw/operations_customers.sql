-- One row is one customer of the operational database, as text, as the day's copy of the whole table found it.
create table raw.operations_customers (
    customer_id text,      -- the customer's number
    customer_name text,    -- the name
    is_active text,        -- t or f
    customer_address text, -- where the customer lives
    updated_at text,       -- last change
    updated_by text,       -- by whom
    created_at text,       -- when the row came to be
    created_by text        -- by whom
);
