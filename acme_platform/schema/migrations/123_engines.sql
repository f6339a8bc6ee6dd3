-- Engines: where the rows of a table stand, for those that stand elsewhere than in PostgreSQL or were moved.

create table ledger.engines (
    table_name text primary key,
    engine text not null,
    since timestamptz not null default clock_timestamp()
);

comment on table ledger.engines is
'the engine that holds the rows of a table; a table without a row here is held by PostgreSQL, or has no rows yet';

-- Whose tables of the lake these are: two platforms that write into one place would undo each other's work.
create table ledger.platform (
    id uuid primary key default gen_random_uuid()
);

insert into ledger.platform default values;

comment on table ledger.platform is
'what tells this platform from others; the owner of tables in the lake is named by it, and by its database';
