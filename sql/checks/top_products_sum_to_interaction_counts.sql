-- Every product stands in the list once, and the list holds every interaction.
with listed as (
    select
        count(distinct product_id) as products,
        coalesce(sum(interaction_count), 0) as interaction_count
    from analytics.top_products
    where day = %(day)s
),

counted as (
    select
        count(distinct product_id) as products,
        coalesce(sum(interaction_count), 0) as interaction_count
    from analytics.interaction_counts
    where day = %(day)s
)

select
    listed.products,
    counted.products as expected_products,
    listed.interaction_count,
    counted.interaction_count as expected_interaction_count
from listed
cross join counted
where listed.products <> counted.products or listed.interaction_count <> counted.interaction_count;
