-- One row is one product of one day's copy, valid until the next copy.
create table staging.operations_products (
    product_id bigint not null check (product_id > 0),   -- the product's number
    day date not null,                                   -- day of the copy
    valid_to date,                                       -- day of the next copy, empty for the newest
    product_name text not null,                          -- the name
    barcode text not null,                               -- the barcode
    unit_price numeric(18, 4) check (unit_price >= 0),   -- the price of one; the source spells it unity_price
    is_active boolean,                                   -- may still be ordered
    updated_at timestamp with time zone,                 -- last change, on the source's clock
    created_at timestamp with time zone,                 -- when the source first had it
    primary key (product_id, day)
);

create index on staging.operations_products (day);

select
    delivery_id,
    row_number,
    product_id,
    product_name,
    barcode,
    unity_price as unit_price,
    case is_active when 't' then 'true' when 'f' then 'false' else is_active end as is_active,
    updated_at || ' UTC' as updated_at,
    created_at || ' UTC' as created_at
from raw.operations_products
where day = %(day)s;
