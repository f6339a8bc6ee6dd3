-- The SQL that filled days, so that an edit can be told by what it says and not only by a fingerprint.

create table ledger.sql_texts (
    table_name text not null,
    code_version text not null,
    sql_text text not null,
    kept_at timestamptz not null default clock_timestamp(),
    primary key (table_name, code_version)
);

comment on table ledger.sql_texts is
'the SQL file of a table as it was when a day was first filled by that version of it';
