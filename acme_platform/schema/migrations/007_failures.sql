-- Days that failed, and are left alone until there is a reason to try them again.

-- One row is one day of one table whose last attempt failed; it goes when the day is filled.
create table ledger.failures (
    table_name text not null,
    day date not null,
    change bigint not null,
    code_version text not null,
    message text not null,
    run_id text not null,
    attempts integer not null default 1,
    passes boolean not null,
    failed_at timestamptz not null default clock_timestamp(),
    primary key (table_name, day)
);

comment on column ledger.failures.change is 'the newest change of the ledger when the attempt began';
comment on column ledger.failures.code_version is 'of the table''s SQL file; another one is worth another attempt';
comment on column ledger.failures.attempts is 'runs in a row that ended with what may pass by itself';
comment on column ledger.failures.passes is
'it may pass by itself; otherwise the day waits until something that it reads changes';
