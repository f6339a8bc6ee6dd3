-- By which SQL a day was filled: one that was filled by the same SQL from the same data is left alone.

alter table ledger.builds add column code_version text not null default '';

comment on column ledger.builds.code_version is
'of the table''s SQL file; empty for what is older than this column, and for a table that was made anew since';
