-- One row is one version of an order, of the day of its change: history and current state side by side. The last
-- version of a day is valid until the day of the next one, an earlier one of the same day ends on that day itself. So
-- as of day D: day <= D and (valid_to is null or valid_to > D); and every change: order by day, updated_at. An order
-- that was changed before midnight by a transaction that committed after a change of the next day counts as changed by
-- the later one.
create table staging.operations_orders (
    order_id bigint not null check (order_id > 0), -- the order's number
    day date not null,                             -- day of the change
    updated_at timestamp with time zone not null,  -- when the change began, on the source's clock
    valid_to date,                                 -- day of the next version, empty for the newest
    order_date date,                               -- when it was ordered
    delivery_date date,                            -- when it is due; the source leaves it empty now and then
    customer_id bigint,                            -- who ordered; the source leaves it empty now and then
    status text not null,                          -- PENDING, PROCESSING, REPROCESSING or COMPLETED; DELETED
    created_at timestamp with time zone,           -- when the source first had it
    is_deleted boolean not null,                   -- the source deleted it: ends the version before, valid on no day
    primary key (order_id, day, updated_at)
);

create index on staging.operations_orders (day);

select
    delivery_id,
    row_number,
    order_id,
    coalesce(deleted_at, updated_at) || ' UTC' as updated_at,
    order_date,
    delivery_date,
    customer_id,
    case when deleted_at is null then status else 'DELETED' end as status,
    created_at || ' UTC' as created_at,
    (deleted_at is not null)::text as is_deleted
from raw.operations_orders
where day = %(day)s;
