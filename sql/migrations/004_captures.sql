-- How far the changes of another database have been captured, and what a deleted order counts as.

-- One row is one feed that is read through a replication slot.
create table ledger.captures (
    feed text primary key,
    slot text not null,
    place pg_lsn,
    read_at timestamptz not null default clock_timestamp()
);

comment on column ledger.captures.place is
'in the log of the source: what was committed before is in raw; empty: the slot and the copy are to be made (again)';

insert into reference.operations_statuses (status, is_open, is_pending)
values ('DELETED', false, false);
