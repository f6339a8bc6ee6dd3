-- How much of a day of raw stands in staging, where a day grows while it is filled again and again.

-- One row is one day of one table of changes: what raw held of it when it was last staged.
create table ledger.staged (
    table_name text not null,
    day date not null,
    code_version text not null,
    last_row bigint not null,
    rows_in bigint not null,
    rows_kept bigint not null,
    primary key (table_name, day)
);

comment on column ledger.staged.last_row is 'greatest row_number of raw; what has a greater one is not staged';
comment on column ledger.staged.rows_in is 'rows of raw up to last_row: another number, and the day is staged anew';
