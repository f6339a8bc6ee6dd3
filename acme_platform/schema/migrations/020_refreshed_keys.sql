-- How many keys Redis was given: a table that has another number was changed by somebody, and is not given to Redis.

alter table ledger.refreshes add column keys bigint;

comment on column ledger.refreshes.keys is
'that Redis was given by the refresh; empty for one that is older than this column';
