-- What a reading of changes stood on, so that the next one can tell what was touched meanwhile.

alter table ledger.captures add column facts jsonb;
alter table ledger.captures add column last_commit jsonb;

comment on column ledger.captures.facts is
'of the source, when the place last moved: server, publication, tables; empty for what is older than this column';
comment on column ledger.captures.last_commit is
'end and time of the last transaction that told of our tables: a slot that tells it again must tell the same one';
