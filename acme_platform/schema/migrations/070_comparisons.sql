-- What reading by time cannot see by its cursor: how far the source's rows were compared, and what was found.

-- One row is one table that is read by time, and how far its rows are compared.
create table ledger.comparisons (
    table_name text primary key,
    next_range bigint,
    began date not null,
    rounds bigint not null default 0,
    raw_table oid not null,
    raw_rows bigint not null,
    compared_at timestamptz not null default clock_timestamp()
);

comment on column ledger.comparisons.next_range is 'where the round goes on; empty: it came to its end';
comment on column ledger.comparisons.began is 'day on which the round began: it compares what the days before it left';
comment on column ledger.comparisons.rounds is 'how many came to their end';
comment on column ledger.comparisons.raw_rows is 'as raw held them: fewer, or another table, and all is compared anew';

-- One row is one range of keys as the source showed it when raw was last known to hold it.
create table ledger.ranges (
    table_name text not null,
    number bigint not null,
    row_count bigint not null,
    checksum numeric not null,
    keys bigint[] not null,
    versions bigint[] not null,
    days date[] not null,
    delivery_id bigint not null,
    primary key (table_name, number)
);

comment on column ledger.ranges.versions is 'of each key, the transaction of the source that wrote its row (xmin)';
comment on column ledger.ranges.days is 'of each key, the day of raw that holds its row';
comment on column ledger.ranges.delivery_id is 'the newest delivery then: what came later explains what changed later';

-- compressing and expanding them would cost more than the room: a range under way is written at each reading
alter table ledger.ranges alter column keys set storage external;
alter table ledger.ranges alter column versions set storage external;
alter table ledger.ranges alter column days set storage external;

-- One row is what the readings of one day found in one table that the cursor could not see, by its kind.
create table ledger.discrepancies (
    table_name text not null,
    day date not null,
    kind text not null,
    row_count bigint not null,
    sample jsonb not null default '[]',
    oldest timestamp,
    newest timestamp,
    found_at timestamptz not null default clock_timestamp(),
    primary key (table_name, day, kind)
);

comment on column ledger.discrepancies.day is 'day of the reading, with which the rows came';
comment on column ledger.discrepancies.sample is 'key and updated_at of the first of them';
comment on column ledger.discrepancies.oldest is 'least time of change among them as the source wrote it; so newest';
