-- One row is one row of a delivered orders file of the shop, as text, exactly as it came.
create table raw.shop_orders (
    order_id text,    -- the order's number
    customer_id text, -- the customer who ordered
    order_date text,  -- like 2022-01-31
    product_id text,  -- the product, one an order
    unit_price text,  -- price of one piece
    quantity text,    -- pieces ordered
    total_price text  -- price of all of them
);
