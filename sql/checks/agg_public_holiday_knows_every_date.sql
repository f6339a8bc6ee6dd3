-- The calendar knows the date of every order of the twelve months, or nobody could tell whether it was a holiday.
select
    orders.order_id,
    orders.order_date
from staging.shop_orders as orders
where
    staging.as_of(orders.day, orders.valid_to, %(day)s)
    and orders.order_date > (%(day)s::date - interval '12 months')::date
    and orders.order_date <= %(day)s
    and not exists (
        select from staging.shop_dim_dates as dates
        where
            dates.calendar_dt = orders.order_date
            and staging.as_of(dates.day, dates.valid_to, %(day)s)
    );
