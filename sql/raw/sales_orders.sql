-- One row is one row of a delivered orders file of the sales feed, as text, exactly as it came.
create table raw.sales_orders (
    order_id text,    -- the order's number, padded with blanks
    customer_id text, -- the customer who ordered
    order_date text,  -- like 2024-01-31
    amount text       -- what the order cost, two decimals
);
