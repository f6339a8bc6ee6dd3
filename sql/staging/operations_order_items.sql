-- One row is one version of an item, of the day of its change; valid as the versions of orders are.
create table staging.operations_order_items (
    order_item_id bigint not null check (order_item_id > 0), -- the item's number
    day date not null,                                       -- day of the change
    updated_at timestamp with time zone not null,            -- when the change began, on the source's clock
    valid_to date,                                           -- day of the next version, empty for the newest
    order_id bigint,                                         -- the order that the source attached it to
    product_id bigint,                                       -- what was ordered
    quantity integer check (quantity >= 0),                  -- how many; the source spells it quanity
    created_at timestamp with time zone,                     -- when the source first had it
    is_deleted boolean not null,                             -- the source deleted it, see orders
    primary key (order_item_id, day, updated_at)
);

create index on staging.operations_order_items (day);
create index on staging.operations_order_items (order_id);

select
    delivery_id,
    row_number,
    order_item_id,
    coalesce(deleted_at, updated_at) || ' UTC' as updated_at,
    order_id,
    product_id,
    quanity as quantity,
    created_at || ' UTC' as created_at,
    (deleted_at is not null)::text as is_deleted
from raw.operations_order_items
where day = %(day)s;
