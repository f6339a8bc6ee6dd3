-- Every review as of the day names a product of dim_products.
select
    reviews.file,
    reviews.file_row,
    reviews.product_id
from staging.shop_reviews as reviews
where
    reviews.day <= %(day)s
    and (reviews.valid_to is null or reviews.valid_to > %(day)s)
    and not exists (
        select from staging.shop_dim_products as products
        where
            products.product_id = reviews.product_id
            and products.day <= %(day)s
            and (products.valid_to is null or products.valid_to > %(day)s)
    );
