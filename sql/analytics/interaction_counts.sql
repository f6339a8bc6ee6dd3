-- One row is one user and product as of a day: how often the user interacted with the product.
create table analytics.interaction_counts (
    day date not null,                 -- as of this day
    user_id bigint not null,           -- who
    product_id bigint not null,        -- with what
    interaction_count bigint not null, -- how often
    primary key (day, user_id, product_id)
);

select
    %(day)s::date as day,
    user_id,
    product_id,
    count(*) as interaction_count
from staging.interactions
where staging.as_of(day, valid_to, %(day)s)
group by user_id, product_id;
