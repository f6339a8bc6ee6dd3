-- The counts of all users and products together are the interactions as of the day.
with counted as (
    select coalesce(sum(interaction_count), 0) as interaction_count
    from analytics.interaction_counts
    where day = %(day)s
),

staged as (
    select count(*) as interaction_count
    from staging.interactions
    where staging.as_of(day, valid_to, %(day)s)
)

select
    counted.interaction_count,
    staged.interaction_count as expected_interaction_count
from counted
cross join staged
where counted.interaction_count <> staged.interaction_count;
