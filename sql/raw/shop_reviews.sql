-- One row is one row of a delivered reviews file of the shop, as text, exactly as it came.
create table raw.shop_reviews (
    review text,    -- points, 1 to 5
    product_id text -- the product reviewed
);
