-- One row is one review of one snapshot, valid from the snapshot's day until the next snapshot. A review has no number,
-- and two reviews may say the same: its file and its row there tell it apart, so that none is taken for a repetition.
create table staging.shop_reviews (
    file text not null,                                    -- the delivered file
    file_row bigint not null,                              -- its row in the file, the first after the header is 1
    day date not null,                                     -- day of the snapshot
    valid_to date,                                         -- day of the next snapshot, empty for the newest
    product_id bigint not null check (product_id > 0),     -- the product reviewed
    points bigint not null check (points between 1 and 5), -- 1 to 5
    primary key (file, file_row, day)
);

create index on staging.shop_reviews (day);

select
    delivery_id,
    row_number,
    file,
    row_number::text as file_row,
    product_id,
    review as points
from raw.shop_reviews
where day = %(day)s;
