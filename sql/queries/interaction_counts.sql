-- How often each user interacted with each product.
select
    user_id,
    product_id,
    interaction_count
from analytics.interaction_counts
where day = %(day)s
order by user_id, product_id;
