-- One row is one postal code of one snapshot of the dimension, valid from the snapshot's day until the next snapshot.
create table staging.shop_dim_addresses (
    postal_code text not null, -- the postal code, as text: it may begin with a zero
    day date not null,         -- day of the snapshot
    valid_to date,             -- day of the next snapshot, empty for the newest
    country text,              -- name of the country
    region text,               -- part of the country
    state text,                -- state or province
    address text,              -- street and house
    primary key (postal_code, day)
);

create index on staging.shop_dim_addresses (day);

select
    delivery_id,
    row_number,
    postal_code,
    country,
    region,
    state,
    address
from raw.shop_dim_addresses
where day = %(day)s;
