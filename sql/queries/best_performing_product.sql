-- The product with most reviews: its busiest day, its points and the shares of its reviews and shipments in percent.
select
    ingestion_date,
    product_name,
    most_ordered_day,
    is_public_holiday,
    tt_review_points,
    pct_one_star_review,
    pct_two_star_review,
    pct_three_star_review,
    pct_four_star_review,
    pct_five_star_review,
    pct_early_shipments,
    pct_late_shipments
from analytics.best_performing_product
where ingestion_date = %(day)s;
