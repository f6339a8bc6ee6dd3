-- How far each table of another database has been read.

-- One row is one day of one table that is read from another database, as its last reading left it.
create table ledger.watermarks (
    table_name text not null,
    day date not null,
    complete_to timestamp not null,
    read_at timestamptz not null default clock_timestamp(),
    primary key (table_name, day)
);

comment on column ledger.watermarks.complete_to is 'on the clock of the source: nothing older can still come';

-- One row is one feed as its source looked before it was last read.
create table ledger.pulses (
    feed text primary key,
    pulse text not null,
    seen_at timestamptz not null default clock_timestamp()
);

create schema reference;
