-- Late shipments and undelivered items as of the day.
select
    ingestion_date,
    tt_late_shipments,
    tt_undelivered_items
from analytics.agg_shipments
where ingestion_date = %(day)s;
