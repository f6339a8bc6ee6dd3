-- Which declaration each table follows: where its file says something else since, the table follows it when it is
-- filled next.

-- One row is one table as it was last made or altered.
create table ledger.shapes (
    table_name text primary key,
    declaration text not null,
    columns text[] not null,
    altered_at timestamptz not null default clock_timestamp()
);

comment on column ledger.shapes.declaration is
'fingerprint of the file''s `create` statements, comments included';
comment on column ledger.builds.code_version is
'fingerprint of the SQL that filled the day; another one than that of the file is an older SQL, empty is an older'
' release of the platform, or a table that was made anew since';
