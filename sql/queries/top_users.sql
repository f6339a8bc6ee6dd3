-- The five most active users; of equal counts the lower user_id stands first.
select
    place,
    user_id,
    interaction_count
from analytics.top_users
where day = %(day)s
order by place;
