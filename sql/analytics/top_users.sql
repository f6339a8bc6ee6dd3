-- One row is one of the five most active users as of a day; of equal counts the lower user_id stands first.
create table analytics.top_users (
    day date not null,                 -- as of this day
    place bigint not null,             -- 1 is the most active
    user_id bigint not null,           -- who
    interaction_count bigint not null, -- interactions with any product
    primary key (day, place)
);

with counted as (
    select
        user_id,
        sum(interaction_count)::bigint as interaction_count
    from analytics.interaction_counts
    where day = %(day)s
    group by user_id
),

ranked as (
    select
        user_id,
        interaction_count,
        row_number() over (order by interaction_count desc, user_id) as place
    from counted
)

select
    %(day)s::date as day,
    place,
    user_id,
    interaction_count
from ranked
where place <= 5;
