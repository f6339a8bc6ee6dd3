-- The three delivery dates with most open orders, most first; of equal ones the earlier date stands first.
select
    place,
    delivery_date,
    total_open
from analytics.top_dates
where day = %(day)s
order by place;
