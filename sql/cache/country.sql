-- One row is one Redis hash country:{country}, fields users_counts and order_amount: what the newest day says
-- of that country. The table holds what Redis was last given, so that only differences are written.
create table cache.country (
    key text not null,                    -- country:{country}
    users_counts bigint not null,         -- customers with at least one order
    order_amount numeric(18, 2) not null, -- exact sum of what they ordered
    primary key (key)
);

select
    'country:' || country as key,
    users_counts,
    order_amount
from analytics.sales_by_country
where day = %(day)s;
