-- What the page of an asset said of a day when it was filled, so that a day that stands as it was says it again.

-- as json, which keeps the order of columns
alter table ledger.builds add shown json;

comment on column ledger.builds.shown is
'what Dagster was told of the filling: seconds, bytes, first rows …; empty where an older release filled the day';
