-- No postal code begins or ends with blanks or is blank: a customer's would not meet it.
select
    postal_code,
    country
from staging.shop_dim_addresses
where day = %(day)s and (postal_code <> trim(postal_code) or trim(postal_code) = '');
