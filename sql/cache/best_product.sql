-- One row is the one Redis hash best_product: what the newest day says of the best performing product.
create table cache.best_product (
    key text not null,                -- best_product
    ingestion_date date not null,     -- as of this day
    product_name text,                -- its name
    most_ordered_day date,            -- the day with most orders of it
    is_public_holiday boolean,        -- whether that day is one
    tt_review_points bigint not null, -- sum of the points of its reviews
    pct_one_star_review numeric(5, 2) not null, -- percent of its reviews
    pct_two_star_review numeric(5, 2) not null, -- percent of its reviews
    pct_three_star_review numeric(5, 2) not null, -- percent of its reviews
    pct_four_star_review numeric(5, 2) not null, -- percent of its reviews
    pct_five_star_review numeric(5, 2) not null, -- percent of its reviews
    pct_early_shipments numeric(5, 2), -- percent of early and late ones
    pct_late_shipments numeric(5, 2),  -- percent of early and late ones
    primary key (key)
);

select
    'best_product' as key,
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
