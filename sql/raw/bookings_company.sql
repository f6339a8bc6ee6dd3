-- One row is one row of a delivered company file of the bookings feed, as text, exactly as it came.
create table raw.bookings_company (
    company_id text,  -- the company's number
    status text,      -- active or trial
    created_at text,  -- like 2022-10-19 05:39:41.448694 UTC
    company_name text -- the company's name
);
