-- The total price of an order is its unit price times its quantity.
select
    order_id,
    unit_price,
    quantity,
    total_price
from staging.shop_orders
where day = %(day)s and total_price <> unit_price * quantity;
