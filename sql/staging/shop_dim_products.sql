-- One row is one product of one snapshot of the dimension, valid from the snapshot's day until the next snapshot.
create table staging.shop_dim_products (
    product_id bigint not null check (product_id > 0), -- the product's number
    day date not null,                                 -- day of the snapshot
    valid_to date,                                     -- day of the next snapshot, empty for the newest
    product_category text,                             -- kind of product
    product_name text not null,                        -- the product's name
    primary key (product_id, day)
);

create index on staging.shop_dim_products (day);

select
    delivery_id,
    row_number,
    product_id,
    product_category,
    product_name
from raw.shop_dim_products
where day = %(day)s;
