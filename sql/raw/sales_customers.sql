-- One row is one row of a delivered customers file of the sales feed, as text, exactly as it came.
create table raw.sales_customers (
    customer_id text,   -- the customer's number, padded with blanks
    customer_name text, -- not unique: different customers share names
    country text        -- name of the country, padded with blanks
);
