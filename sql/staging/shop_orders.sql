-- One row is one order of one snapshot, valid from the snapshot's day until the next snapshot. An order that the next
-- snapshot lacks is gone.
create table staging.shop_orders (
    order_id bigint not null check (order_id > 0),                -- the order's number
    day date not null,                                            -- day of the snapshot
    valid_to date,                                                -- day of the next snapshot, empty for the newest
    customer_id bigint not null check (customer_id > 0),          -- the customer who ordered
    order_date date not null,                                     -- when it was ordered
    product_id bigint not null check (product_id > 0),            -- the product, one an order
    unit_price numeric(14, 2) not null check (unit_price >= 0),   -- price of one piece
    quantity bigint not null check (quantity > 0),                -- pieces ordered
    total_price numeric(18, 2) not null check (total_price >= 0), -- price of all of them
    primary key (order_id, day)
);

create index on staging.shop_orders (day);

select
    delivery_id,
    row_number,
    order_id,
    customer_id,
    order_date,
    product_id,
    unit_price,
    quantity,
    total_price
from raw.shop_orders
where day = %(day)s;
