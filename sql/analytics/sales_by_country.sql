-- One row is one country as of a day. Two customers of USA, one with orders of 10.00 and 5.50 and one without:
-- users_counts 1, registered_customers 2, order_amount 15.50.
create table analytics.sales_by_country (
    day date not null,                    -- as of this day
    country text not null,                -- name of the country
    users_counts bigint not null,         -- customers with at least one order
    registered_customers bigint not null, -- customers, with and without orders
    order_amount numeric(18, 2) not null, -- exact sum of what they ordered
    primary key (day, country)
);

select
    %(day)s::date as day,
    country,
    count(*) filter (where order_count > 0) as users_counts,
    count(*) as registered_customers,
    sum(order_amount) as order_amount
from analytics.customer_orders
where day = %(day)s
group by country;
