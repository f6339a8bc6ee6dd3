-- One row is one version of a customer: what a delivery said, valid from its day until the next delivery
-- of the same customer. As of day D: day <= D and (valid_to is null or valid_to > D).
create table staging.sales_customers (
    customer_id bigint not null check (customer_id > 0), -- the customer's number
    day date not null,                                   -- day of the delivery that said so
    valid_to date,                                       -- day of the next version, empty for the newest
    customer_name text not null,                         -- not unique: different customers share names
    country text not null,                               -- name of the country
    primary key (customer_id, day)
);

create index on staging.sales_customers (day);

select
    delivery_id,
    row_number,
    customer_id,
    customer_name,
    country
from raw.sales_customers
where day = %(day)s;
