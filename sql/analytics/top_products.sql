-- One row is one product as of a day, by how often anybody interacted with it; of equal counts the lower product_id
-- stands first.
create table analytics.top_products (
    day date not null,                 -- as of this day
    place bigint not null,             -- 1 has most interactions
    product_id bigint not null,        -- the product
    interaction_count bigint not null, -- interactions of all users
    primary key (day, place)
);

with counted as (
    select
        product_id,
        sum(interaction_count)::bigint as interaction_count
    from analytics.interaction_counts
    where day = %(day)s
    group by product_id
)

select
    %(day)s::date as day,
    row_number() over (order by interaction_count desc, product_id) as place,
    product_id,
    interaction_count
from counted;
