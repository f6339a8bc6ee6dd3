-- One row is one customer of one snapshot of the dimension, valid from the snapshot's day until the next snapshot.
create table staging.shop_dim_customers (
    customer_id bigint not null check (customer_id > 0), -- the customer's number
    day date not null,                                   -- day of the snapshot
    valid_to date,                                       -- day of the next snapshot, empty for the newest
    customer_name text not null,                         -- the customer's name
    postal_code text,                                    -- where the customer lives
    primary key (customer_id, day)
);

create index on staging.shop_dim_customers (day);

select
    delivery_id,
    row_number,
    customer_id,
    customer_name,
    postal_code
from raw.shop_dim_customers
where day = %(day)s;
