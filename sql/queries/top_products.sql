-- Products by how often anybody interacted with them; of equal counts the lower product_id stands first.
select
    place,
    product_id,
    interaction_count
from analytics.top_products
where day = %(day)s
order by place;
