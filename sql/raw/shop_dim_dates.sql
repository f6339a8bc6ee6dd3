-- One row is one row of a delivered dim_dates file of the shop, as text, exactly as it came.
create table raw.shop_dim_dates (
    calendar_dt text,           -- like 2022-01-31
    year_num text,              -- its year
    month_of_the_year_num text, -- 1 to 12
    day_of_the_month_num text,  -- 1 to 31
    day_of_the_week_num text,   -- 1 is Monday, 7 is Sunday
    working_day text            -- true or false
);
