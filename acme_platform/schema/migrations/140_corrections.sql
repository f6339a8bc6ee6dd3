-- What a filling changed of a day that stood before, and how long fillings take.

create table ledger.corrections (
    table_name text not null,
    day date not null,
    run_id text not null,
    corrected_at timestamptz not null default clock_timestamp(),
    rows_added bigint not null,
    rows_removed bigint not null,
    rows_changed bigint not null,
    columns_changed jsonb not null,
    sample jsonb not null,
    primary key (table_name, day)
);

comment on table ledger.corrections is
'what the last filling that changed a day, once it stood, made other than it was';
comment on column ledger.corrections.columns_changed is
'column -> rows that hold another value there';
comment on column ledger.corrections.sample is
'a few rows of each kind, with what stood before and what stands after';

alter table ledger.builds add seconds double precision;

comment on column ledger.builds.seconds is
'how long the filling took; empty where an older release filled the day';
