-- The answer is the day's own month and the five before it, each once, and nothing else.
with expected as (
    select month::date
    from generate_series(
        date_trunc('month', %(day)s::date) - interval '5 months', date_trunc('month', %(day)s::date), interval '1 month'
    ) as month
),

listed as (
    select month
    from analytics.bookings_monthly_headcount
    where day = %(day)s
)

select
    expected.month as expected_month,
    listed.month as listed_month
from expected
full join listed on expected.month = listed.month
where expected.month is null or listed.month is null;
