-- No name or country is empty, begins or ends with a blank or something invisible, or is spelt with loose accents: the
-- delivery pads them, and a padded country is another country.
with spelt as (
    select
        customer_id,
        customer_name,
        country,
        concat_ws('|', left(customer_name, 1), right(customer_name, 1), left(country, 1), right(country, 1)) as ends
    from staging.sales_customers
    where day = %(day)s
)

select
    customer_id,
    customer_name,
    country
from spelt
where
    customer_name = ''
    or country = ''
    or ends ~ '[\u0001-\u0020\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180e\u2000-\u200f]'
    or ends ~ '[\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufeff\uffa0\ufff9-\ufffb]'
    or normalize(customer_name) <> customer_name
    or normalize(country) <> country;
