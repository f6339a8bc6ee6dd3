-- One row is one row of a delivered dim_addresses file of the shop, as text, exactly as it came.
create table raw.shop_dim_addresses (
    postal_code text, -- the postal code
    country text,     -- name of the country
    region text,      -- part of the country
    state text,       -- state or province
    address text      -- street and house
);
