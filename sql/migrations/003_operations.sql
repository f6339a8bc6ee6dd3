-- How far each table of another database has been read, and what an order's status means.

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

-- One row is one status of an order. The only place that says which orders are open and which are pending.
create table reference.operations_statuses (
    status text primary key,
    is_open boolean not null,
    is_pending boolean not null
);

insert into reference.operations_statuses (status, is_open, is_pending)
values
('PENDING', true, true),
('PROCESSING', true, false),
('REPROCESSING', true, false),
('COMPLETED', false, false);

comment on column reference.operations_statuses.is_open is 'not completed; a status that this table lacks is open too';
comment on column reference.operations_statuses.is_pending is 'nobody has begun with it';
