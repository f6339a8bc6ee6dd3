-- Nobody outside the list interacted more than somebody on it, and the list has no hole.
with counted as (
    select
        user_id,
        sum(interaction_count) as interaction_count
    from analytics.interaction_counts
    where day = %(day)s
    group by user_id
),

listed as (
    select
        user_id,
        interaction_count
    from analytics.top_users
    where day = %(day)s
)

select
    counted.user_id,
    counted.interaction_count
from counted
left join listed on counted.user_id = listed.user_id
where
    listed.interaction_count is distinct from counted.interaction_count
    and (
        listed.user_id is not null
        or (select count(everybody.user_id) from listed as everybody) < 5
        or counted.interaction_count > (select min(last.interaction_count) from listed as last)
    );
