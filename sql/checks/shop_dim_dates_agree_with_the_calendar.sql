-- Year, month, day and weekday of each row are those of its date; every answer about holidays rests on them.
select
    calendar_dt,
    year_num,
    month_of_the_year_num,
    day_of_the_month_num,
    day_of_the_week_num
from staging.shop_dim_dates
where
    day = %(day)s
    and (
        year_num <> extract(year from calendar_dt)
        or month_of_the_year_num <> extract(month from calendar_dt)
        or day_of_the_month_num <> extract(day from calendar_dt)
        or day_of_the_week_num <> extract(isodow from calendar_dt)
    );
