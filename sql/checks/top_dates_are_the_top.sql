-- No delivery date outside the three has more open orders than one inside, or as many and comes earlier; and there are
-- three where there are three.
with dates as (
    select distinct
        delivery_date,
        total_open
    from analytics.open_orders_agg
    where day = %(day)s
),

better as (
    select
        dates.delivery_date,
        dates.total_open,
        count(others.delivery_date) as better_ones
    from dates
    left join dates as others
        on
            dates.total_open < others.total_open
            or (dates.total_open = others.total_open and dates.delivery_date > others.delivery_date)
    group by dates.delivery_date, dates.total_open
),

expected as (
    select
        better_ones + 1 as place,
        delivery_date,
        total_open
    from better
    where better_ones < 3
),

top as (
    select
        place,
        delivery_date,
        total_open
    from analytics.top_dates
    where day = %(day)s
)

select
    coalesce(expected.place, top.place) as place,
    expected.delivery_date as expected_date,
    top.delivery_date
from expected
full join top on expected.place = top.place
where (expected.delivery_date, expected.total_open) is distinct from (top.delivery_date, top.total_open);
