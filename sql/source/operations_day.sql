-- A day of orders at once, as the steps of the live generator would have left it: %(rows)s orders of the first
-- %(customers)s customers, each COMPLETED before the customer's next one begins, and 26 items an order, all attached to
-- the customer's first order of the day.
with numbered as (
    select
        n,
        nextval(pg_get_serial_sequence('operations.orders', 'order_id')) as order_id,
        hashint8extended(n, %(seed)s + 1) & 1073741823 as luck,
        1 + mod(hashint8extended(n, %(seed)s + 2) & 1073741823, %(customers)s) as customer_number,
        %(day)s::timestamp + (n - 1) * (%(until)s::timestamp - %(day)s::timestamp) / %(rows)s as placed_at
    from generate_series(1, %(rows)s::bigint) as n
),

known as (
    select
        customer_id,
        row_number() over (order by customer_id) as customer_number
    from operations.customers
),

placed as (
    select
        numbered.n,
        numbered.order_id,
        numbered.luck,
        numbered.placed_at,
        case when mod(numbered.luck, 500) <> 0 then known.customer_id end as customer_id
    from numbered
    inner join known on numbered.customer_number = known.customer_number
),

-- an order without customer has no other order that its items could go to
turned as (
    select
        *,
        lead(placed_at) over of_customer as next_placed_at,
        case when customer_id is null then order_id else first_value(order_id) over of_customer end as first_order_id
    from placed
    window of_customer as (partition by customer_id order by n)
),

settled as (
    select
        *,
        case
            when customer_id is not null and next_placed_at is not null then 'COMPLETED'
            else (array['PENDING', 'PROCESSING', 'REPROCESSING', 'COMPLETED'])[1 + mod(luck / 500, 4)]
        end as status,
        (coalesce(next_placed_at, %(until)s::timestamp) - placed_at) * (mod(luck, 97) / 100.0) as took
    from turned
),

inserted as (
    insert into operations.orders (
        order_id, order_date, delivery_date, customer_id, status, updated_at, updated_by, created_at, created_by
    )
    select
        order_id,
        %(day)s::date as order_date,
        case when mod(luck, 503) <> 0 then %(day)s::date + 10 end as delivery_date,
        customer_id,
        status,
        date_trunc('milliseconds', case status when 'PENDING' then placed_at else placed_at + took end) as updated_at,
        1 as updated_by,
        date_trunc('milliseconds', placed_at) as created_at,
        1 as created_by
    from settled
)

insert into operations.order_items (order_id, product_id, quanity, updated_at, updated_by, created_at, created_by)
select
    settled.first_order_id,
    1 + mod(hashint8extended(settled.n * 26 + item, %(seed)s + 3) & 1073741823, %(products)s) as product_id,
    mod(hashint8extended(settled.n * 26 + item, %(seed)s + 4) & 1073741823, 1000) as quanity,
    date_trunc('milliseconds', settled.placed_at) as updated_at,
    1 as updated_by,
    date_trunc('milliseconds', settled.placed_at) as created_at,
    1 as created_by
from settled
cross join generate_series(1, 26) as item
order by settled.n, item;
