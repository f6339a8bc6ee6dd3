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
    select count(*) as orders
    from staging.shop_orders as orders
    where
        staging.as_of(orders.day, orders.valid_to, %(day)s)
        and orders.order_date > (%(day)s::date - interval '12 months')::date
        and orders.order_date <= %(day)s
        and not exists (select from workdays where workdays.calendar_dt = orders.order_date)
)

select
    counted.orders,
    expected.orders as expected_orders
from expected
left join counted on true
where counted.orders is distinct from expected.orders;
