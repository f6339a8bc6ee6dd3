-- Every customer as of the day lives at a postal code of dim_addresses, or at none that is known.
select
    customers.customer_id,
    customers.postal_code
from staging.shop_dim_customers as customers
where
    customers.day <= %(day)s
    and (customers.valid_to is null or customers.valid_to > %(day)s)
    and customers.postal_code is not null
    and not exists (
        select from staging.shop_dim_addresses as addresses
        where
            addresses.postal_code = customers.postal_code
            and addresses.day <= %(day)s
            and (addresses.valid_to is null or addresses.valid_to > %(day)s)
    );
