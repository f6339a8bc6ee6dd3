-- Tables of changes in the lake: a day of them is in two kinds of parts, so that what no day sees is not read.

alter table ledger.lake_parts add is_passing boolean not null default false;

comment on column ledger.lake_parts.is_passing is
'of a table of changes: its versions end on the day on which they began, so no question as of a day reads it';
