-- How many interactions there were on each calendar day.
select
    interacted_on as day,
    interaction_count as interactions
from analytics.interactions_per_day
where day = %(day)s
order by interacted_on;
