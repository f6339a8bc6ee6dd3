-- No two products of a snapshot share a name, by which alone the best one is shown.
select
    product_name,
    count(*) as products
from staging.shop_dim_products
where day = %(day)s
group by product_name
having count(*) > 1;
