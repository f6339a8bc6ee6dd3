-- One row is one row of a delivered users file of the bookings feed, as text, exactly as it came.
create table raw.bookings_users (
    rn text,         -- the user's number
    created_at text, -- like 2022-10-19 05:39:41.448694 UTC
    company_id text, -- the company the user works for
    status text,     -- active, inactive or deleted
    demo_user text   -- TRUE for a user made to show the product
);
