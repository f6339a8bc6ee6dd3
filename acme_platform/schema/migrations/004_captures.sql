-- How far the changes of another database have been captured.

-- One row is one feed that is read through a replication slot.
create table ledger.captures (
    feed text primary key,
    slot text not null,
    place pg_lsn,
    read_at timestamptz not null default clock_timestamp()
);

comment on column ledger.captures.place is
'in the log of the source: what was committed before is in raw; empty: the slot and the copy are to be made (again)';
