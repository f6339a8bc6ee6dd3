-- One row is one table of the shop's answers, exported as of a day to analytics_export/{export_id}/{table}.csv in the
-- lake. All of a day's tables leave together, after the `must` checks of each have passed.
create table export.shop (
    day date not null,         -- as of this day
    table_name text not null,  -- the table exported
    row_count bigint not null, -- rows in the file
    file text not null,        -- its key in the lake
    size bigint not null,      -- bytes
    primary key (day, table_name)
);

select
    'analytics.agg_public_holiday' as table_name,
    count(*) as row_count
from analytics.agg_public_holiday
where ingestion_date = %(day)s
union all
select
    'analytics.agg_shipments' as table_name,
    count(*) as row_count
from analytics.agg_shipments
where ingestion_date = %(day)s
union all
select
    'analytics.best_performing_product' as table_name,
    count(*) as row_count
from analytics.best_performing_product
where ingestion_date = %(day)s;
