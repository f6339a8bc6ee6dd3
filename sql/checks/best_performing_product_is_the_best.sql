-- No product has more reviews, or as many and more points, or as many of both and a lower number; its points are those
-- of its reviews, its shares add up to 100, and there is a best one wherever there is a review.
with reviewed as (
    select
        product_id,
        count(*) as reviews,
        sum(points) as points
    from staging.shop_reviews
    where staging.as_of(day, valid_to, %(day)s)
    group by product_id
),

best as (
    select *
    from analytics.best_performing_product
    where ingestion_date = %(day)s
),

standing as (
    select
        reviewed.product_id,
        reviewed.reviews,
        reviewed.points
    from reviewed
    inner join best on reviewed.product_id = best.product_id
)

select
    reviewed.product_id,
    reviewed.reviews,
    reviewed.points,
    best.product_id as best_product_id,
    best.tt_review_points
from reviewed
left join best on true
left join standing on true
where
    standing.product_id is null
    or (reviewed.reviews, reviewed.points, -reviewed.product_id)
    > (standing.reviews, standing.points, -standing.product_id)
    or best.tt_review_points <> standing.points
    or abs(
        100 - best.pct_one_star_review - best.pct_two_star_review - best.pct_three_star_review
        - best.pct_four_star_review - best.pct_five_star_review
    ) > 0.03
    or abs(100 - best.pct_early_shipments - best.pct_late_shipments) > 0.01;
