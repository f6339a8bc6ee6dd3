-- Why staging refused a delivery, so that the same file is not read again for the same answer.

alter table ledger.deliveries add column refused_under text;

comment on column ledger.deliveries.refused_under is
'the SQL and the tolerance under which staging refused it: under others it is worth another reading';
