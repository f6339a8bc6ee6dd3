-- One row is one day: the product with most reviews (of equal ones the one with more points, then the lower
-- product_id), none where nothing was reviewed. Shares are percent. Early is shipped within less than 6 days and
-- delivered, late is shipped after 6 days or more and not delivered; both are shares of early and late together.
create table analytics.best_performing_product (
    ingestion_date date not null,                 -- as of this day
    product_id bigint not null,                   -- the product's number
    product_name text,                            -- its name, empty where dim_products lacks it
    most_ordered_day date,                        -- the day with most orders of it, of equal ones the earliest
    is_public_holiday boolean,                    -- whether that day is one, empty where dim_dates lacks it
    tt_review_points bigint not null,             -- sum of the points of its reviews
    pct_one_star_review numeric(5, 2) not null, -- percent of its reviews with 1 point
    pct_two_star_review numeric(5, 2) not null, -- percent of its reviews with 2 points
    pct_three_star_review numeric(5, 2) not null, -- percent of its reviews with 3 points
    pct_four_star_review numeric(5, 2) not null, -- percent of its reviews with 4 points
    pct_five_star_review numeric(5, 2) not null, -- percent of its reviews with 5 points
    pct_early_shipments numeric(5, 2),            -- empty where no shipment of it is early or late
    pct_late_shipments numeric(5, 2),             -- empty where no shipment of it is early or late
    primary key (ingestion_date)
);

with best as (
    select
        product_id,
        sum(points)::bigint as tt_review_points,
        round(100.0 * count(*) filter (where points = 1) / count(*), 2) as pct_one_star_review,
        round(100.0 * count(*) filter (where points = 2) / count(*), 2) as pct_two_star_review,
        round(100.0 * count(*) filter (where points = 3) / count(*), 2) as pct_three_star_review,
        round(100.0 * count(*) filter (where points = 4) / count(*), 2) as pct_four_star_review,
        round(100.0 * count(*) filter (where points = 5) / count(*), 2) as pct_five_star_review
    from staging.shop_reviews
    where staging.as_of(day, valid_to, %(day)s)
    group by product_id
    order by count(*) desc, sum(points) desc, product_id
    limit 1
),

orders as (
    select
        shop_orders.order_id,
        shop_orders.order_date
    from staging.shop_orders
    inner join best on shop_orders.product_id = best.product_id
    where staging.as_of(shop_orders.day, shop_orders.valid_to, %(day)s)
),

busiest as (
    select order_date
    from orders
    group by order_date
    order by count(*) desc, order_date
    limit 1
),

shipped as (
    select
        count(*) filter (
            where shipments.shipment_date < orders.order_date + 6 and shipments.delivery_date is not null
        ) as early,
        count(*) filter (
            where shipments.shipment_date >= orders.order_date + 6 and shipments.delivery_date is null
        ) as late
    from orders
    inner join staging.shop_shipments as shipments
        on
            orders.order_id = shipments.order_id
            and staging.as_of(shipments.day, shipments.valid_to, %(day)s)
)

select
    %(day)s::date as ingestion_date,
    best.product_id,
    products.product_name,
    busiest.order_date as most_ordered_day,
    dates.day_of_the_week_num between 1 and 5 and not dates.working_day as is_public_holiday,
    best.tt_review_points,
    best.pct_one_star_review,
    best.pct_two_star_review,
    best.pct_three_star_review,
    best.pct_four_star_review,
    best.pct_five_star_review,
    round(100.0 * shipped.early / nullif(shipped.early + shipped.late, 0), 2) as pct_early_shipments,
    round(100.0 * shipped.late / nullif(shipped.early + shipped.late, 0), 2) as pct_late_shipments
from best
cross join shipped
left join busiest on true
left join staging.shop_dim_products as products
    on
        best.product_id = products.product_id
        and staging.as_of(products.day, products.valid_to, %(day)s)
left join staging.shop_dim_dates as dates
    on
        busiest.order_date = dates.calendar_dt
        and staging.as_of(dates.day, dates.valid_to, %(day)s);
