-- No name or country begins or ends with blanks: the delivery pads them, and a padded country is another country.
select
    customer_id,
    customer_name,
    country
from staging.sales_customers
where
    day = %(day)s
    and (customer_name <> trim(customer_name) or country <> trim(country));
