-- One row is one row of a delivered dim_customers file of the shop, as text, exactly as it came.
create table raw.shop_dim_customers (
    customer_id text,   -- the customer's number
    customer_name text, -- the customer's name
    postal_code text    -- where the customer lives
);
