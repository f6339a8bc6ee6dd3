-- One row is one row of a delivered shipment_deliveries file of the shop, as text, exactly as it came.
create table raw.shop_shipments (
    shipment_id text,   -- the shipment's number
    order_id text,      -- the order that it carries
    shipment_date text, -- like 2022-01-31, empty until it is shipped
    delivery_date text  -- like 2022-01-31, empty until it is delivered
);
