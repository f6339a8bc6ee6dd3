-- The twelve months together are the orders of the year up to the day less those of weekends and of working days.
with counted as (
    select
        tt_order_hol_jan
        + tt_order_hol_feb
        + tt_order_hol_mar
        + tt_order_hol_apr
        + tt_order_hol_may
        + tt_order_hol_jun
        + tt_order_hol_jul
        + tt_order_hol_aug
        + tt_order_hol_sep
        + tt_order_hol_oct
        + tt_order_hol_nov
        + tt_order_hol_dec
            as orders
    from analytics.agg_public_holiday
    where ingestion_date = %(day)s
),

workdays as (
    select calendar_dt
    from staging.shop_dim_dates
    where
        staging.as_of(day, valid_to, %(day)s)
        and (working_day or day_of_the_week_num > 5)
),

expected as (
    select count(*) filter (where order_date not in (select workdays.calendar_dt from workdays)) as orders
    from staging.shop_orders
    where
        staging.as_of(day, valid_to, %(day)s)
        and order_date > (%(day)s::date - interval '12 months')::date
        and order_date <= %(day)s
)

select
    counted.orders,
    expected.orders as expected_orders
from expected
left join counted on true
where counted.orders is distinct from expected.orders;
