-- Tables of the lake: which Parquet files hold their days. What stands here is what the platform reads; the log beside
-- the files follows it, for everybody else.

create table ledger.lake_parts (
    table_name text not null,
    day date not null,
    path text not null,
    delivery_id bigint,
    rows bigint not null,
    bytes bigint not null,
    primary key (table_name, path)
);

create index on ledger.lake_parts (table_name, day);

comment on table ledger.lake_parts is
'a file that holds rows of a day of a table in the lake';
comment on column ledger.lake_parts.path is
'below the address of all tables, ACME_TABLES_URL';
comment on column ledger.lake_parts.delivery_id is
'of a raw table: the delivery whose rows it holds; the part counts when that is visible';
