-- One row is one product of the operational database, as text, as the day's copy of the whole table found it.
create table raw.operations_products (
    product_id text,   -- the product's number
    product_name text, -- the name
    barcode text,      -- the barcode
    unity_price text,  -- the price of one, spelt as the source spells it
    is_active text,    -- t or f
    updated_at text,   -- last change
    updated_by text,   -- by whom
    created_at text,   -- when the row came to be
    created_by text    -- by whom
);
