-- One row is one field of the Redis hash user:{user_id}:interactions: a product and how often the user interacted
-- with it.
create table cache.user_interactions (
    key text not null,   -- user:{user_id}:interactions
    field text not null, -- the product_id
    value text not null, -- how often
    primary key (key, field)
);

select
    'user:' || user_id || ':interactions' as key,
    product_id::text as field,
    interaction_count::text as value
from analytics.interaction_counts
where day = %(day)s;
