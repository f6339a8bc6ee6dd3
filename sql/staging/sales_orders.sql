-- One row is one version of an order: what a delivery said, valid from its day until the next delivery
-- of the same order. As of day D: day <= D and (valid_to is null or valid_to > D).
create table staging.sales_orders (
    order_id bigint not null check (order_id > 0),       -- the order's number
    day date not null,                                   -- day of the delivery that said so
    valid_to date,                                       -- day of the next version, empty for the newest
    customer_id bigint not null check (customer_id > 0), -- the customer who ordered
    order_date date not null,                            -- when it was ordered
    amount numeric(14, 2) not null check (amount >= 0),  -- what the order cost
    primary key (order_id, day)
);

create index on staging.sales_orders (day);

select
    delivery_id,
    row_number,
    order_id,
    customer_id,
    order_date,
    amount
from raw.sales_orders
where day = %(day)s;
