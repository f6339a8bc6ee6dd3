-- The calendar days together hold every interaction as of the day.
with by_day as (
    select coalesce(sum(interaction_count), 0) as interaction_count
    from analytics.interactions_per_day
    where day = %(day)s
),

staged as (
    select count(*) as interaction_count
    from staging.interactions
    where staging.as_of(day, valid_to, %(day)s)
)

select
    by_day.interaction_count,
    staged.interaction_count as expected_interaction_count
from by_day
cross join staged
where by_day.interaction_count <> staged.interaction_count;
