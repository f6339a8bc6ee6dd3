-- One row is one row of a delivered dim_products file of the shop, as text, exactly as it came.
create table raw.shop_dim_products (
    product_id text,       -- the product's number
    product_category text, -- kind of product
    product_name text      -- the product's name
);
