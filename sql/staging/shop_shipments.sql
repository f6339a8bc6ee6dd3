-- One row is one shipment of one snapshot, valid from the snapshot's day until the next snapshot. Its dates are empty
-- until it is shipped and delivered.
create table staging.shop_shipments (
    shipment_id bigint not null check (shipment_id > 0), -- the shipment's number
    day date not null,                                   -- day of the snapshot
    valid_to date,                                       -- day of the next snapshot, empty for the newest
    order_id bigint not null check (order_id > 0),       -- the order that it carries
    shipment_date date,                                  -- when it was shipped
    delivery_date date,                                  -- when it was delivered
    primary key (shipment_id, day)
);

create index on staging.shop_shipments (day);

select
    delivery_id,
    row_number,
    shipment_id,
    order_id,
    shipment_date,
    delivery_date
from raw.shop_shipments
where day = %(day)s;
