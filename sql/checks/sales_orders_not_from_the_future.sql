-- An order delivered on a day was placed on that day or before.
select
    order_id,
    order_date
from staging.sales_orders
where day = %(day)s and order_date > %(day)s;
