-- One row is one customer of one day's copy, valid until the next copy.
create table staging.operations_customers (
    customer_id bigint not null check (customer_id > 0), -- the customer's number
    day date not null,                                   -- day of the copy
    valid_to date,                                       -- day of the next copy, empty for the newest
    customer_name text not null,                         -- the name
    is_active boolean,                                   -- may still order
    customer_address text,                               -- where the customer lives
    updated_at timestamp with time zone,                 -- last change, on the source's clock
    created_at timestamp with time zone,                 -- when the source first had it
    primary key (customer_id, day)
);

create index on staging.operations_customers (day);

select
    delivery_id,
    row_number,
    customer_id,
    customer_name,
    case is_active when 't' then 'true' when 'f' then 'false' else is_active end as is_active,
    customer_address,
    updated_at || ' UTC' as updated_at,
    created_at || ' UTC' as created_at
from raw.operations_customers
where day = %(day)s;
