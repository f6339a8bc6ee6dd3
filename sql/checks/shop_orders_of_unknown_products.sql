-- Every order as of the day names a product of dim_products.
select
    orders.order_id,
    orders.product_id
from staging.shop_orders as orders
where
    orders.day <= %(day)s
    and (orders.valid_to is null or orders.valid_to > %(day)s)
    and not exists (
        select from staging.shop_dim_products as products
        where
            products.product_id = orders.product_id
            and products.day <= %(day)s
            and (products.valid_to is null or products.valid_to > %(day)s)
    );
